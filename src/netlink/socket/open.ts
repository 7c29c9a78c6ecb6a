import { InputError, TransportError } from '../error.js'
import type { SocketOptions, Transport, TransportKind } from '../transport.js'
import { shown } from '../wire/shown.js'
import { DirectSocket } from './direct.js'

/**
 * Opens a socket: `direct` through koffi, `loop` through the package `netlink`; `auto` takes direct, and loop where
 * koffi cannot be loaded. Rejects with a TransportError that says what is missing, or an InputError for options that make
 * no sense.
 */
export async function openTransport(kind: TransportKind = 'auto', options: SocketOptions = {}): Promise<Transport> {
  demandOptions(kind, options)
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

const KINDS: readonly unknown[] = ['auto', 'direct', 'loop'] satisfies TransportKind[]
const NUMBERS = ['protocol', 'sendBuffer', 'receiveBuffer'] as const

function demandOptions(kind: TransportKind, options: SocketOptions): void {
  if (!KINDS.includes(kind)) {
    throw new InputError(`there is no transport '${shown(kind)}'; there are ${KINDS.join(', ')}, and objects that are one`, { path: 'options.transport' })
  }
  for (const name of NUMBERS) demandNumber(options[name] ?? 0, name)
  const { groups = [] } = options
  if (!Array.isArray(groups)) throw new InputError('give a list of numbers of groups', { path: 'options.groups' })
  groups.forEach((group, i) => demandNumber(group, `groups[${i}]`))
}

function demandNumber(value: unknown, name: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fff_ffff) return
  throw new InputError(`${shown(value)} is not a whole number from 0 to ${0x7fff_ffff}`, { path: `options.${name}` })
}

/** Few need it: it is loaded when it is. */
async function openLoop(options: SocketOptions): Promise<Transport> {
  const { LoopSocket } = await import('./loop.js')
  return LoopSocket.open(options)
}
