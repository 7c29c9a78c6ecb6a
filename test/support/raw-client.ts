import { createConnection, type Socket } from 'node:net'

/** Bytes behind their length in four bytes, the highest first. */
export function frame(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  return Buffer.concat([head, bytes])
}

export const GREETING = { version: 1, service: 'xtables' }

/** A program that speaks to a daemon byte by byte, and not always well. */
export class RawClient {
  readonly socket: Socket
  readonly ended: Promise<void>
  #bytes = Buffer.alloc(0)
  #heard: () => void = () => {}
  #over = false

  constructor(path: string) {
    this.socket = createConnection({ path })
    this.socket.on('data', (piece: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, piece])
      this.#heard()
    })
    this.socket.on('error', () => {})
    this.ended = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#over = true
        this.#heard()
        resolve()
      })
    })
  }

  /** Connects and is greeted. */
  static async greeted(path: string, service = 'xtables'): Promise<RawClient> {
    const client = new RawClient(path)
    client.send(JSON.stringify({ version: 1, service }))
    await client.next()
    return client
  }

  send(payload: string | Uint8Array): void {
    this.socket.write(frame(payload))
  }

  /** The next frame; undefined where the connection ends before it. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const size = this.#bytes.length >= 4 ? this.#bytes.readUInt32BE(0) : -1
      if (size >= 0 && this.#bytes.length >= 4 + size) {
        const found = this.#bytes.subarray(4, 4 + size)
        this.#bytes = this.#bytes.subarray(4 + size)
        return found
      }
      if (this.#over) return undefined
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
  }

  /** The first line of the next frame, as data; undefined where the connection ends. */
  async answer(): Promise<Record<string, unknown> | undefined> {
    const found = await this.next()
    return found && JSON.parse(found.toString().split('\n')[0] as string)
  }

  async ask(question: object): Promise<Record<string, unknown> | undefined> {
    this.send(JSON.stringify(question))
    return this.answer()
  }

  close(): void {
    this.socket.destroy()
  }
}
