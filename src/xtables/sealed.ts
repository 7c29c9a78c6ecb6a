class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a private member is put on the object that is given
    return object
  }
}

/**
 * Options as the kernel gives them back: every default filled in, every shorthand said the long way. They are frozen, so
 * that one object may stand in many rules. The mark is a private member: nobody sees it, and it costs no table of objects,
 * as a WeakSet would.
 */
class Seal extends Itself {
  readonly #sealed = true

  static marks(object: object): boolean {
    return #sealed in object && object.#sealed
  }
}

/** Marks options as being in their canonical form, and freezes them. */
export function seal<T extends object>(options: T): T {
  if (!Seal.marks(options)) new Seal(options)
  return Object.freeze(options)
}

/** Whether options are known to be in their canonical form. */
export function isSealed(options: object): boolean {
  return Seal.marks(options)
}

/** Entries a memo holds, and lookups it leaves out after it has filled up without being of use. */
const FULL = 1024
const REST = 16 * FULL

/**
 * What was made of a text or of bytes before, as long as there are not too many of them. One that fills up with what never
 * comes again (comments that count rules) rests for a while: keeping notes costs more than it saves then.
 */
export class Memo<T> {
  readonly #known = new Map<string, T>()
  #hits = 0
  #resting = 0

  /** Whether it is worth while to make a key and look. */
  get awake(): boolean {
    return this.#resting === 0 || --this.#resting === 0
  }

  get(key: string): T | undefined {
    const found = this.#known.get(key)
    if (found !== undefined) this.#hits++
    return found
  }

  set(key: string, value: T): void {
    if (this.#known.size >= FULL) {
      if (this.#hits < FULL) this.#resting = REST
      this.#known.clear()
      this.#hits = 0
    }
    this.#known.set(key, value)
  }
}
