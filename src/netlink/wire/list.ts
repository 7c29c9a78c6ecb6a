import { type Attribute, close, enter, leave, NESTED, open, TYPE_MASK } from './attributes.js'
import type { Codec } from './codec.js'
import { inside, ProtocolError } from './error.js'

/** A codec of many equal attributes, which also knows their row, for names and error paths. */
export interface ListCodec<T> extends Codec<readonly T[]> {
  readonly byType: readonly (readonly [string, Attribute<T>] | undefined)[]
}

/** An attribute that holds the same attribute many times, such as IPSET_ATTR_ADT{ IPSET_ATTR_DATA{…}, … }. */
export function list<T>(name: string, row: Attribute<T>): ListCodec<T> {
  const { type, codec: item } = row
  const header = type | (item.nested ? NESTED : 0)
  const byType: (readonly [string, Attribute<T>] | undefined)[] = []
  byType[type] = ['item', row]
  return {
    name,
    nested: true,
    byType,
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
