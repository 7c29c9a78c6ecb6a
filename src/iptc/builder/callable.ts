type Class = new (...args: never[]) => object

/** A class that makes its objects without `new`, too. */
export type Callable<C extends Class> = C & ((...args: ConstructorParameters<C>) => InstanceType<C>)

/** Makes a class callable without `new`: `Rule({ jump: 'DROP' })` is `new Rule({ jump: 'DROP' })`. `name` is the one people know it by. */
export function callable<C extends Class>(type: C, name: string): Callable<C> {
  Object.defineProperty(type, 'name', { value: name, configurable: true })
  return new Proxy(type, { apply: (target, _self, args) => Reflect.construct(target, args) }) as Callable<C>
}
