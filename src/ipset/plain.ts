import { parseIPv4 } from '../netlink/wire/address.js'
import { attr, attributes } from '../netlink/wire/attributes.js'
import { encode } from '../netlink/wire/codec.js'
import type { Writer } from '../netlink/wire/cursor.js'
import { Entry } from './attributes.js'
import type { Reading } from './dimension/dimension.js'
import type { SetType } from './type.js'

/** A writer of one whole entry (IPSET_ATTR_DATA) from its text; false for text it is not made for. */
export type PlainWriter = (writer: Writer, text: string, lineno: number) => boolean

/** The bytes of an entry, and where in them its values stand. */
interface Template {
  readonly bytes: Uint8Array
  readonly address: number
  readonly prefix: number
  readonly lineno: number
}

const Data = attributes('IPSET_ATTR', { data: attr(7, Entry, 'DATA', 'one entry') })

/** The bytes that the attribute tables make of an entry; marks in its values show where they stand. */
function template(entry: Entry): Template {
  const bytes = encode(Data, { data: entry })
  return {
    bytes: Uint8Array.from(bytes),
    address: bytes.indexOf(Uint8Array.of(241, 242, 243, 244)),
    prefix: bytes.indexOf(Uint8Array.of(29, 0, 0, 0)),
    lineno: bytes.indexOf(Uint8Array.of(245, 246, 247, 248)),
  }
}

const MARKED = { ip: '241.242.243.244', lineno: 0xf5f6f7f8 } as const
const HOST = template(MARKED)
const NETWORK = template({ ...MARKED, cidr: 29 })

/**
 * The short cut for what sets are most often filled with: IPv4 addresses and networks, as text, in hash:ip and
 * hash:net. It copies what the attribute tables made once and puts the values in, several times as fast as asking the
 * tables. Whatever is not plainly right is left to them: they know what is wrong with it.
 */
export function plainWriter(type: SetType, { family }: Reading): PlainWriter | undefined {
  if (family !== 'inet' || (type.name !== 'hash:ip' && type.name !== 'hash:net')) return undefined
  const networks = type.name === 'hash:net'
  return (writer, text, lineno) => {
    const slash = text.indexOf('/')
    if (slash < 0) {
      const address = parseIPv4(text)
      if (address < 0) return false
      put(writer, HOST, address, lineno)
      return true
    }
    const address = parseIPv4(text, 0, slash)
    const prefix = prefixLength(text, slash + 1)
    if (!networks || address < 0 || prefix < 1 || (prefix < 32 && address << prefix !== 0)) return false
    const at = put(writer, NETWORK, address, lineno)
    writer.bytes[at + NETWORK.prefix] = prefix
    return true
  }
}

function put(writer: Writer, { bytes, address, lineno }: Template, ip: number, line: number): number {
  const size = bytes.length
  const at = writer.reserve(size)
  const { bytes: target } = writer
  for (let i = 0; i < size; i++) target[at + i] = bytes[i] as number
  writer.setBE32At(at + address, ip)
  writer.setBE32At(at + lineno, line)
  return at
}

/** One or two digits up to the end of `text`, from 1 to 32; -1 for anything else. */
function prefixLength(text: string, at: number): number {
  const first = text.charCodeAt(at) - 48
  if (!(first >= 1 && first <= 9)) return -1
  if (at + 1 === text.length) return first
  const second = text.charCodeAt(at + 1) - 48
  if (!(second >= 0 && second <= 9) || at + 2 !== text.length) return -1
  const prefix = first * 10 + second
  return prefix <= 32 ? prefix : -1
}
