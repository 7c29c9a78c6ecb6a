import { HEADER_SIZE, NETLINK_NETFILTER } from './header.js'
import { messages } from './message.js'
import { type Transport, type TransportCounters, TruncatedDatagram } from './transport.js'
import { ProtocolError } from './wire/error.js'

/** One datagram of a conversation. */
export interface Frame {
  readonly direction: 'sent' | 'received'
  /** Milliseconds since 1970. */
  readonly time: number
  readonly bytes: Uint8Array
}

/** A conversation with the kernel. */
export interface Capture {
  /** Netlink family, such as NETLINK_NETFILTER. */
  readonly protocol: number
  readonly frames: readonly Frame[]
}

/**
 * Keeps all that passes through another transport.
 *
 * @example
 * const recorder = new Recorder(await openTransport())
 * await using ipset = new IPSet({ transport: recorder })
 * …
 * writeFileSync('ipset.pcap', writePcap(recorder.capture))
 */
export class Recorder implements Transport {
  readonly #inner: Transport
  readonly #frames: Frame[] = []
  readonly #protocol: number

  constructor(inner: Transport, protocol: number = NETLINK_NETFILTER) {
    this.#inner = inner
    this.#protocol = protocol
  }

  /** What has passed so far. */
  get capture(): Capture {
    return { protocol: this.#protocol, frames: [...this.#frames] }
  }

  get port(): number {
    return this.#inner.port
  }
  get counters(): Readonly<TransportCounters> {
    return this.#inner.counters
  }
  get closed(): boolean {
    return this.#inner.closed
  }

  send(datagram: Uint8Array, background?: boolean): void | Promise<void> {
    this.#keep('sent', datagram)
    return this.#inner.send(datagram, background)
  }

  receive(): Uint8Array | TruncatedDatagram | undefined {
    const datagram = this.#inner.receive()
    if (datagram !== undefined && !(datagram instanceof TruncatedDatagram)) this.#keep('received', datagram)
    return datagram
  }

  makeRoom(bytes: number): boolean {
    return this.#inner.makeRoom?.(bytes) ?? true
  }
  wait(): Promise<void> {
    return this.#inner.wait()
  }
  interrupt(): void {
    this.#inner.interrupt()
  }
  reset(): void {
    this.#inner.reset()
  }
  close(): void {
    this.#inner.close()
  }

  #keep(direction: Frame['direction'], datagram: Uint8Array): void {
    this.#frames.push({ direction, time: Date.now(), bytes: Uint8Array.from(datagram) })
  }
}

const FORMAT = 'netfilter-kit capture 1'

interface JsonFrame {
  readonly direction: Frame['direction']
  readonly time: number
  readonly bytes: string
  readonly messages?: unknown
}

/** The readable form of a capture. `bytes` is what is read back; `messages` is there for people. */
export function writeJson({ protocol, frames }: Capture): string {
  const rows = frames.map(({ direction, time, bytes }): JsonFrame => {
    return { direction, time, bytes: Buffer.from(bytes).toString('hex'), messages: readable(bytes) }
  })
  return `${JSON.stringify({ format: FORMAT, protocol, frames: rows }, null, 2)}\n`
}

/** Reads what `writeJson` wrote. Anything else is a ProtocolError. */
export function readJson(text: string): Capture {
  try {
    const { format, protocol, frames } = JSON.parse(text) as { format: unknown; protocol: unknown; frames: JsonFrame[] }
    if (format !== FORMAT || !Number.isFinite(protocol)) throw new ProtocolError(`not a capture: its format is not '${FORMAT}'`)
    return { protocol: protocol as number, frames: frames.map(readFrame) }
  } catch (cause) {
    throw ProtocolError.is(cause) ? cause : new ProtocolError('not a capture', { cause })
  }
}

function readFrame({ direction, time, bytes }: JsonFrame, index: number): Frame {
  const known = (direction === 'sent' || direction === 'received') && Number.isFinite(time)
  if (!known || typeof bytes !== 'string' || !/^([0-9a-f]{2})*$/.test(bytes)) {
    throw new ProtocolError(`frames[${index}] is not a frame of a capture`)
  }
  return { direction, time, bytes: Uint8Array.from(Buffer.from(bytes, 'hex')) }
}

function readable(bytes: Uint8Array): unknown {
  try {
    return [...messages(bytes)].map(({ type, flags, sequence, port, body }) => ({
      type, subsystem: type >> 8, command: type & 0xff, flags: `0x${flags.toString(16)}`, sequence, port, size: body.left + HEADER_SIZE,
    }))
  } catch (error) {
    return (error as Error).message
  }
}
