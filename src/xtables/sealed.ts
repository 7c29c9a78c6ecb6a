/**
 * Options as the kernel gives them back: every default filled in, every shorthand said the long way. They are frozen, so
 * that one object may stand in many rules, and known by their identity.
 */
const sealed = new WeakSet<object>()

/** Marks options as being in their canonical form, and freezes them. */
export function seal<T extends object>(options: T): T {
  sealed.add(options)
  return Object.freeze(options)
}

/** Whether options are known to be in their canonical form. */
export function isSealed(options: object): boolean {
  return sealed.has(options)
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
