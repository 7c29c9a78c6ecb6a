// A fake kernel that speaks ipset, for what the kernel at hand lacks or never says. Its bytes are made by hand.
import * as bytes from './bytes.js'
import { ack, type Asked, data as dataMessage, dialogue } from './dialogue.js'
import type { ScriptedTransport } from './scripted-transport.js'

export { ack, done } from './dialogue.js'

/** include/uapi/linux/netfilter/ipset/ip_set.h: enum ipset_cmd */
const CMD = {
  protocol: 1,
  create: 2,
  destroy: 3,
  flush: 4,
  swap: 6,
  list: 7,
  add: 9,
  del: 10,
  test: 11,
  header: 12,
  type: 13,
} as const
type Command = keyof typeof CMD

/** include/uapi/linux/netlink.h: flags of the messages of a list. */
export const MULTI = 0x2
export const DUMP_INTR = 0x10

const NET_BYTEORDER = 0x4000
const NESTED = 0x8000

export const nest = (type: number, ...parts: readonly Buffer[]) => bytes.attribute(type | NESTED, ...parts)
export const u8 = (type: number, value: number) => bytes.attribute(type, bytes.byte(value))
export const be16 = (type: number, value: number) => bytes.attribute(type | NET_BYTEORDER, bytes.net16(value))
export const be32 = (type: number, value: number) => bytes.attribute(type | NET_BYTEORDER, bytes.net32(value))
export const text = (type: number, value: string) => bytes.attribute(type, bytes.text(value))

/** An attribute that holds an IPv4 address: IPSET_ATTR_IPADDR_IPV4 in a nest. */
export function ipv4(type: number, address: string): Buffer {
  return nest(type, bytes.attribute(1 | NET_BYTEORDER, Buffer.from(address.split('.').map(Number))))
}

/** A data message that answers a request: nfgenmsg of AF_INET, then these attributes. */
export function data(asked: Asked, attributes: readonly Buffer[], flags = 0): Buffer {
  return dataMessage(asked, Buffer.concat([Buffer.of(2, 0, 0, 0), ...attributes]), flags)
}

interface FakeSet {
  readonly name: string
  readonly type: string
  readonly revision: number
  /** Attributes inside IPSET_ATTR_DATA of the description. */
  readonly create?: readonly Buffer[]
  /** The attributes of each entry. */
  readonly entries?: readonly (readonly Buffer[])[]
}

/** What LIST answers about a set: its description and its entries in one message. */
export function listed(
  asked: Asked,
  { name, type, revision, create = [], entries = [] }: FakeSet,
  flags = MULTI,
): Buffer {
  const rows = entries.map((entry) => nest(7, ...entry))
  return data(
    asked,
    [u8(1, 7), text(2, name), text(3, type), u8(5, 2), u8(4, revision), nest(7, ...create), nest(8, ...rows)],
    flags,
  )
}

/** What HEADER answers: the type of a set, which is of AF_INET. */
export function header(asked: Asked, name: string, type: string): Buffer {
  return data(asked, [u8(1, 7), text(2, name), text(3, type), u8(5, 2), u8(4, 3)])
}

/** What TYPE answers: the newest and the oldest revision. */
export function revisions(asked: Asked, type: string, newest: number, oldest = 0): Buffer {
  return data(asked, [u8(1, 7), text(3, type), u8(5, 2), u8(4, newest), u8(10, oldest)])
}

type Script = Partial<Record<Command, (asked: Asked) => readonly Uint8Array[]>>

/** A transport to an ipset that speaks protocol 7, does as `script` says, and acknowledges everything else. */
export function fakeIpset(script: Script): ScriptedTransport {
  const all: Script = { protocol: (asked) => [data(asked, [u8(1, 7), u8(10, 6)])], ...script }
  const answers = new Map(Object.entries(all).map(([name, answer]) => [CMD[name as Command] as number, answer]))
  return dialogue((asked) => (answers.get(asked.type & 0xff) ?? acknowledged)(asked)).transport
}

const acknowledged = (asked: Asked) => [ack(asked)]

/** The requests of one command that were sent, each in a datagram of its own. */
export function sentTo({ sent }: ScriptedTransport, name: Command): Buffer[] {
  return sent.filter((request) => (bytes.readHost16(request, 4) & 0xff) === CMD[name])
}

/** The attributes of a request, in hex, without message header and nfgenmsg. */
export function attributesOf(request: Buffer): string {
  return request.toString('hex', 20)
}
