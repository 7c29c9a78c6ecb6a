import { close, enter, leave, NESTED, open, TYPE_MASK } from './attributes.js'
import type { Codec } from './codec.js'
import { inside, ProtocolError } from './error.js'

/** An attribute that holds the same attribute many times, such as IPSET_ATTR_ADT{ IPSET_ATTR_DATA{…}, … }. */
export function list<T>(name: string, type: number, item: Codec<T>): Codec<readonly T[]> {
  const header = type | (item.nested ? NESTED : 0)
  return {
    name,
    nested: true,
    write(writer, value) {
      value.forEach((entry, index) => {
        const start = open(writer, header)
        inside(`[${index}]`, () => item.write(writer, entry))
        close(writer, start)
      })
    },
    read(reader) {
      const values: T[] = []
      const { end } = reader
      while (reader.at < end) {
        const at = reader.at
        const found = enter(reader, end, name)
        if ((found & TYPE_MASK) !== type) {
          throw new ProtocolError(`${name}: attribute ${found & TYPE_MASK} among those of type ${type}`, { offset: at })
        }
        values.push(item.read(reader))
        leave(reader, at, end)
      }
      return values
    },
  }
}
