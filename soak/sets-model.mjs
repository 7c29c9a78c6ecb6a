// What the sets should hold.

/** The set that a rival uses, too. */
export const SHARED = 'shared'
/** Seconds near the end of an entry in which nobody can say whether it is there still. */
const UNSURE = 2

const now = () => performance.now() / 1000

export class SetsModel {
  #sets
  #counts
  #random

  /** `sets`: by name, `{ sort, entries }`, entries with what is kept with each by their text. */
  constructor(sets, counts, random) {
    this.#sets = sets
    this.#counts = counts
    this.#random = random
  }

  isList = (name) => this.#sets.get(name)?.sort.stype === 'list:set'

  isMember = (name) => [...this.#sets.values()].some(({ sort, entries }) => sort.stype === 'list:set' && entries.has(name))

  there = () => [...this.#sets.keys()]

  own = () => this.there().filter((name) => name !== SHARED)

  /** An entry for a set; undefined for a list where there is nothing that could be in it. */
  entryFor = (name) => {
    const { sort } = this.#sets.get(name)
    if (sort.stype !== 'list:set') return sort.entry(this.#random)
    const plain = this.own().filter((one) => !this.isList(one))
    return plain.length > 0 ? this.#random.pick(plain) : undefined
  }

  /** What is kept with an entry that is added; `until`, in seconds, where it expires soon. */
  keep = (name) => {
    const random = this.#random
    const { sort } = this.#sets.get(name)
    if (sort.comment) return { comment: `c${random.below(9)} é`, packets: BigInt(random.below(99)), bytes: BigInt(random.below(9999)) }
    if (!sort.timeout) return {}
    const timeout = random.pick([0, 50_000, 1, 3])
    return timeout === 0 || timeout > 1000 ? { timeout } : { timeout, until: now() + timeout }
  }

  /** Takes out of the model what has expired; gives what is kept with the entry, `unsure` where nobody can say. */
  look = (name, entry) => {
    const held = this.#sets.get(name).entries.get(entry)
    if (held?.until === undefined || now() < held.until - UNSURE) return held
    if (now() < held.until + UNSURE) return 'unsure'
    this.#sets.get(name).entries.delete(entry)
    this.#counts.expired++
    return undefined
  }
}
