import { InputError } from '../../netlink/index.js'
import { indexed } from './indexed.js'

/** What the list holds. Under a symbol, so that every name may be used in it. */
const ITEMS = Symbol('items')

/** Objects by their names, in the order they came: as a Map, but that `append` adds to it. */
export abstract class NamedList<T extends { readonly name: string }> {
  readonly [ITEMS]: Map<string, T> = new Map()

  constructor(what: { readonly list: string; readonly item: string }) {
    // biome-ignore lint/correctness/noConstructorReturn: what it holds are properties of it
    return indexed<NamedList<T>>(this, {
      find: (list, name) => list.get(name),
      advice: `${what.list} take no assignment: use append(${what.item}), or delete(name) first to put another in its place`,
    })
  }

  /** Refuses what does not belong into the list. */
  protected abstract check(item: unknown): void

  /** Adds an object at the end, and gives it back. Throws an InputError where there is another of that name. */
  append<I extends T>(item: I): I {
    this.check(item)
    const there = this[ITEMS].get(item.name)
    if (there !== undefined && there !== item) throw new InputError(`there is a '${item.name}' already; delete('${item.name}') first to put another in its place`)
    this[ITEMS].set(item.name, item)
    return item
  }

  get size(): number {
    return this[ITEMS].size
  }

  has(name: string): boolean {
    return this[ITEMS].has(name)
  }

  /** The object of a name, whatever the name is; undefined where there is none. */
  get(name: string): T | undefined {
    return this[ITEMS].get(name)
  }

  /** Refused: the name of an object is its own. */
  set(): never {
    throw new TypeError('there is no set(name, value): use append(value), its name is its own')
  }

  /** Takes an object out by its name; whether it was there. */
  delete(name: string): boolean {
    return this[ITEMS].delete(name)
  }

  keys(): MapIterator<string> {
    return this[ITEMS].keys()
  }

  values(): MapIterator<T> {
    return this[ITEMS].values()
  }

  entries(): MapIterator<[string, T]> {
    return this[ITEMS].entries()
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this[ITEMS].entries()
  }

  forEach(visit: (item: T, name: string) => void): void {
    for (const [name, item] of this) visit(item, name)
  }
}
