import { isMainThread } from 'node:worker_threads'
import { TransportError } from '../error.js'
import type { SocketOptions, Transport, TransportKind } from '../transport.js'
import { DirectSocket } from './direct.js'
import { LoopSocket } from './loop.js'

/**
 * Opens a socket: `direct` through koffi, `loop` through the package `netlink`; `auto` takes direct, and loop where
 * koffi cannot be loaded.
 */
export async function openTransport(kind: TransportKind = 'auto', options: SocketOptions = {}): Promise<Transport> {
  if (process.platform !== 'linux') {
    throw new TransportError(`netlink is a Linux interface, this is ${process.platform}`, { code: 'ERR_UNSUPPORTED' })
  }
  if (kind === 'loop') return LoopSocket.open(options)
  try {
    return await DirectSocket.open(options)
  } catch (error) {
    const unloaded = TransportError.is(error) && error.code === 'ERR_UNSUPPORTED' && error.errno === undefined
    if (kind === 'direct' || !unloaded || !isMainThread || options.netns !== undefined) throw error
    return LoopSocket.open(options)
  }
}
