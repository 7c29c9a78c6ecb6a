import type { Acknowledgement } from '../../src/netlink/acknowledge.js'
import { Connection, type ConnectionOptions } from '../../src/netlink/connection.js'
import { KernelError, TransportError, type TransportFault } from '../../src/netlink/error.js'
import type { Ending } from '../../src/netlink/exchange.js'
import type { CallOptions } from '../../src/netlink/inbox.js'
import { beginMessage, finishMessage, type Message } from '../../src/netlink/message.js'
import type { Writer } from '../../src/netlink/wire/cursor.js'
import { type Asked, dialogue, type Script } from '../support/dialogue.js'

/** A connection to a fake kernel, what it has heard, and short forms of what tests ask. */
export class Harness {
  readonly asked: Asked[]
  readonly transport: ReturnType<typeof dialogue>['transport']
  readonly connection: Connection

  constructor(script?: Script, options: Pick<ConnectionOptions, 'timeout'> = {}) {
    const { transport, asked } = dialogue(script)
    this.transport = transport
    this.asked = asked
    this.connection = new Connection(transport, options)
  }

  /** Sends a request of this type; gives the data and the errno that came back. */
  async request(
    type: number,
    options?: CallOptions,
    ending: Ending = 'ack',
  ): Promise<{ bodies: string[]; errno: number | undefined }> {
    const bodies: string[] = []
    let errno: number | undefined
    await this.connection.request(
      `request ${type}`,
      ending,
      build(type),
      {
        message: (message) => void bodies.push(bodyOf(message)),
        acknowledged: (ack) => {
          errno = Math.abs(ack.errno)
        },
      },
      options,
    )
    return { bodies, errno }
  }

  /** Streams the bodies of a list, as hexadecimal. */
  stream(
    type: number,
    options?: CallOptions,
    read: (message: Message) => string = bodyOf,
  ): AsyncGenerator<string, void, undefined> {
    return this.connection.stream(`list ${type}`, build(type), read, refused, options)
  }
}

export function build(type: number): (writer: Writer, sequence: number) => void {
  return (writer, sequence) => finishMessage(writer, beginMessage(writer, type, 1, sequence))
}

export function bodyOf(message: Message): string {
  return Buffer.from(message.body.rest()).toString('hex')
}

export const refused = (ack: Acknowledgement): Error => new KernelError('refused', { errno: ack.errno })

/** The TransportError that `promise` rejects with; anything else fails the test. */
export async function faultOf(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => new Error('it did not reject'),
    (reason: unknown) => reason,
  )
  if (TransportError.is(error)) return error
  throw error
}

export async function codeOf(promise: Promise<unknown>): Promise<TransportFault> {
  return (await faultOf(promise)).code
}

/** All that a stream gives, and the error it ends with. */
export async function drain<T>(stream: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = []
  try {
    for await (const item of stream) items.push(item)
    return { items, error: undefined }
  } catch (error) {
    return { items, error }
  }
}
