import { parseIPv4 } from '../netlink/wire/address.js'
import { NESTED, NET_BYTEORDER } from '../netlink/wire/attributes.js'
import { littleEndian, type Writer } from '../netlink/wire/cursor.js'
import type { Reading } from './dimension/dimension.js'
import type { SetType } from './type.js'

/** A writer of one whole entry (IPSET_ATTR_DATA) from its text; false for text it is not made for. */
export type PlainWriter = (writer: Writer, text: string, lineno: number) => boolean

/** nla_len and nla_type as one 32-bit word in the machine's order. */
function header(length: number, type: number): number {
  return (littleEndian ? (type << 16) | length : (length << 16) | type) >>> 0
}

const IP = header(12, 1 | NESTED) // IPSET_ATTR_IP{
const IPV4 = header(8, 1 | NET_BYTEORDER) //   IPSET_ATTR_IPADDR_IPV4 }
const CIDR = header(5, 3) // IPSET_ATTR_CIDR
const LINENO = header(8, 9 | NET_BYTEORDER) // IPSET_ATTR_CADT_LINENO
const HOST = header(24, 7 | NESTED) // IPSET_ATTR_DATA with IP and LINENO
const NETWORK = header(32, 7 | NESTED) // and CIDR

/**
 * The short cut for what sets are most often filled with: IPv4 addresses and networks, as text, in hash:ip and
 * hash:net. It writes the same bytes as the attribute tables (a test compares them), several times as fast. Whatever
 * is not plainly right is left to the tables, which know what is wrong with it.
 */
export function plainWriter(type: SetType, { family }: Reading): PlainWriter | undefined {
  if (family !== 'inet' || (type.name !== 'hash:ip' && type.name !== 'hash:net')) return undefined
  const networks = type.name === 'hash:net'
  return (writer, text, lineno) => {
    const slash = text.indexOf('/')
    if (slash < 0) {
      const address = parseIPv4(text)
      if (address < 0) return false
      const at = writer.reserve(24)
      const { view } = writer
      view.setUint32(at, HOST, littleEndian)
      putAddress(view, at + 4, address)
      view.setUint32(at + 16, LINENO, littleEndian)
      view.setUint32(at + 20, lineno)
      return true
    }
    const address = parseIPv4(text, 0, slash)
    const prefix = prefixLength(text, slash + 1)
    if (!networks || address < 0 || prefix < 1 || (prefix < 32 && address << prefix !== 0)) return false
    const at = writer.reserve(32)
    const { view } = writer
    view.setUint32(at, NETWORK, littleEndian)
    putAddress(view, at + 4, address)
    view.setUint32(at + 16, CIDR, littleEndian)
    view.setUint32(at + 20, prefix << 24)
    view.setUint32(at + 24, LINENO, littleEndian)
    view.setUint32(at + 28, lineno)
    return true
  }
}

function putAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, IP, littleEndian)
  view.setUint32(at + 4, IPV4, littleEndian)
  view.setUint32(at + 8, address)
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
