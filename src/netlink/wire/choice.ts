import type { Codec } from './codec.js'
import { InputError } from './error.js'

/** A number with names: reads to its name, or to the number itself where it has none. */
export function choice<const N extends Readonly<Record<string, number>>>(
  name: string,
  codec: Codec<number>,
  names: N,
): Codec<(keyof N & string) | number> & { readonly values: N } {
  const byValue = new Map(Object.entries(names).map(([key, value]) => [value, key]))
  return {
    ...codec,
    name,
    values: names,
    write(writer, value) {
      const number = typeof value === 'number' ? value : names[value]
      if (number === undefined) throw new InputError(`'${value}' is none of ${Object.keys(names).join(', ')}`)
      codec.write(writer, number)
    },
    read(reader) {
      const value = codec.read(reader)
      return byValue.get(value) ?? value
    },
  }
}
