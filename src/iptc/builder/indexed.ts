/** How the names of what an object holds are used as its properties. */
export interface Index<T extends object> {
  /** What a name stands for; undefined for nothing. */
  find(target: T, name: string): unknown
  /** What to say to who assigns to a name. */
  readonly advice: string
}

/**
 * The object, with what it holds as properties by name (`tables.filter`), and `in` for those names. Its own properties and
 * methods go first. An assignment to a name is a TypeError.
 */
export function indexed<T extends object>(target: T, { find, advice }: Index<T>): T {
  const refuse = (): never => {
    throw new TypeError(advice)
  }
  return new Proxy(target, {
    get: (object, name, receiver) => (typeof name === 'symbol' || name in object ? Reflect.get(object, name, receiver) : find(object, name)),
    has: (object, name) => (typeof name === 'symbol' ? Reflect.has(object, name) : find(object, name) !== undefined),
    set: (object, name, value, receiver) => (typeof name === 'symbol' || Object.hasOwn(object, name) ? Reflect.set(object, name, value, receiver) : refuse()),
    deleteProperty: refuse,
  })
}
