import { be32Of, putBE32 } from '../wire/cursor.js'
import { ProtocolError } from '../wire/error.js'

const HEADER = 4
/** Memory for a long frame grows with what has arrived of it, not with what it says it is. */
const FIRST = 65_536

/** Frames shorter than this are sent in one piece, which is sooner copied than sent apart. */
const SMALL = 16_384

/** A frame in the pieces to be sent, behind its length. */
export function framePieces(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  let size = 0
  for (const piece of pieces) size += piece.length
  const first = Buffer.allocUnsafe(size < SMALL ? HEADER + size : HEADER)
  putBE32(first, 0, size)
  if (size >= SMALL) return [first, ...pieces]
  let at = HEADER
  for (const piece of pieces) {
    first.set(piece, at)
    at += piece.length
  }
  return [first]
}

/** Puts frames together from the pieces that a stream gives. */
export class FrameReader {
  /** Bytes of the longest frame; a longer one throws as soon as its length is there. */
  limit: number
  readonly #pieces: Buffer[] = []
  #held = 0
  /** A frame that is longer than one piece, as far as it is there. */
  #frame: Buffer | undefined
  #filled = 0
  #size = -1

  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes that belong to no frame that was given. */
  get held(): number {
    return this.#held + this.#filled
  }

  /** Whether a frame has begun, and is not there yet. */
  get partial(): boolean {
    return this.#size >= 0 || this.#held > 0
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#held += piece.length
    if (this.#frame) this.#fill()
  }

  /** The next frame that is whole; undefined where none is. Throws a ProtocolError for one that is empty, or too long. */
  next(): Buffer | undefined {
    if (this.#size < 0) {
      if (this.#held < HEADER) return undefined
      this.#size = be32Of(this.#cut(HEADER), 0)
      if (this.#size === 0) throw new ProtocolError('a frame of no bytes means nothing')
      if (this.#size > this.limit) throw new ProtocolError(`a frame of ${this.#size} bytes is too long: at most ${this.limit} are taken`)
    }
    if (!this.#frame && this.#held >= this.#size) return this.#done(this.#cut(this.#size))
    if (!this.#frame) this.#fill()
    return this.#frame && this.#filled === this.#size ? this.#done(this.#frame.subarray(0, this.#size)) : undefined
  }

  #done(frame: Buffer): Buffer {
    this.#size = -1
    this.#frame = undefined
    this.#filled = 0
    return frame
  }

  /** Moves what is there into the frame. */
  #fill(): void {
    this.#frame ??= Buffer.allocUnsafeSlow(Math.min(this.#size, FIRST))
    while (this.#pieces.length > 0 && this.#filled < this.#size) {
      const piece = this.#pieces[0] as Buffer
      const count = Math.min(piece.length, this.#size - this.#filled)
      if (this.#filled + count > this.#frame.length) {
        const wider = Buffer.allocUnsafeSlow(Math.min(this.#size, 2 * (this.#filled + count)))
        this.#frame.copy(wider, 0, 0, this.#filled)
        this.#frame = wider
      }
      piece.copy(this.#frame, this.#filled, 0, count)
      this.#filled += count
      this.#drop(count)
    }
  }

  /** Takes out so many of the bytes that are there. */
  #cut(size: number): Buffer {
    const first = this.#pieces[0] as Buffer
    if (first.length >= size) {
      const bytes = first.subarray(0, size)
      this.#drop(size)
      return bytes
    }
    const bytes = Buffer.allocUnsafeSlow(size)
    for (let at = 0; at < size; ) {
      const piece = this.#pieces[0] as Buffer
      const count = piece.copy(bytes, at, 0, size - at)
      at += count
      this.#drop(count)
    }
    return bytes
  }

  #drop(count: number): void {
    this.#held -= count
    const first = this.#pieces[0] as Buffer
    if (count < first.length) this.#pieces[0] = first.subarray(count)
    else this.#pieces.shift()
  }
}
