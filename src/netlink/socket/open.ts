import { TransportError } from '../error.js'
import type { SocketOptions, Transport, TransportKind } from '../transport.js'
import { DirectSocket } from './direct.js'

/**
 * Opens a socket: `direct` through koffi, `loop` through the package `netlink`; `auto` takes direct, and loop where
 * koffi cannot be loaded.
 */
export async function openTransport(kind: TransportKind = 'auto', options: SocketOptions = {}): Promise<Transport> {
  if (process.platform !== 'linux') {
    throw new TransportError(`netlink is a Linux interface, this is ${process.platform}`, { code: 'ERR_UNSUPPORTED' })
  }
  if (kind === 'loop') return openLoop(options)
  try {
    return await DirectSocket.open(options)
  } catch (error) {
    const unloaded = TransportError.is(error) && error.code === 'ERR_UNSUPPORTED' && error.errno === undefined
    if (kind === 'direct' || !unloaded || options.netns !== undefined) throw error
    const { isMainThread } = await import('node:worker_threads')
    if (!isMainThread) throw error
    return openLoop(options)
  }
}

/** Few need it: it is loaded when it is. */
async function openLoop(options: SocketOptions): Promise<Transport> {
  const { LoopSocket } = await import('./loop.js')
  return LoopSocket.open(options)
}
