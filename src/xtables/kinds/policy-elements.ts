import { array, blob } from '../../netlink/wire/array.js'
import { bitField } from '../../netlink/wire/bits.js'
import { InputError, inside } from '../../netlink/wire/error.js'
import { u8, u32 } from '../../netlink/wire/integers.js'
import { protocolName } from '../../netlink/wire/names.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { parseProtocol } from '../conditions.js'
import type { Context } from '../context.js'
import { isNot, type Kind, kindOf, type Not } from '../kind.js'
import { bang, line, plain } from '../list.js'
import { hostMask } from './host-mask.js'
import { choice } from './names.js'
import { hex, uint, uint32 } from './number.js'

/** include/uapi/linux/netfilter/xt_policy.h. The kernel's type of `spi` is __be32; iptables puts it in host order. */
const XtPolicyElem = struct('xt_policy_elem', {
  sourceAddress: field(blob(16, 4), 'saddr', 'source of the tunnel'),
  sourceMask: field(blob(16, 4), 'smask', 'bits of it that count'),
  destinationAddress: field(blob(16, 4), 'daddr', 'destination of the tunnel'),
  destinationMask: field(blob(16, 4), 'dmask', 'bits of it that count'),
  spi: field(u32, 'spi', 'security parameter index'),
  reqid: field(u32, 'reqid', 'id of the policy rule'),
  protocol: field(u8, 'proto', 'IP protocol: 50, 51 or 108'),
  mode: field(u8, 'mode', 'XT_POLICY_MODE_*'),
  given: field(u8, 'match', 'struct xt_policy_spec: what is asked for'),
  inverted: field(u8, 'invert', 'struct xt_policy_spec: what is negated'),
})

/** XT_POLICY_MAX_ELEM */
const MOST = 4

/** All the elements that a policy has room for. */
export const elementArray = array(XtPolicyElem, MOST)

const PROTOCOLS = { esp: 50, ah: 51, ipcomp: 108 } as const
type Protocol = keyof typeof PROTOCOLS
const MODES = { transport: 0, tunnel: 1 } as const

const named = choice(PROTOCOLS)
export const ipsecProtocol = kindOf<Protocol | number, number>({
  ...named,
  parse: (text, context) => named.unpack(named.pack(Object.hasOwn(PROTOCOLS, text) ? text as Protocol : parseProtocol(text), context), context),
})

export const spi = uint({ max: 0xffff_ffff, format: hex })
export const mode = choice(MODES)

/** What one transformation of a policy must be; what is left out does not count. */
export interface PolicyElement {
  readonly reqid?: number | Not<number>
  readonly spi?: number | Not<number>
  readonly proto?: Protocol | number | Not<Protocol | number>
  readonly mode?: keyof typeof MODES | number | Not<keyof typeof MODES | number>
  readonly tunnelDst?: string | Not<string>
  readonly tunnelSrc?: string | Not<string>
}

type Raw = Record<string, unknown>
type Member = string | { readonly address: string; readonly mask: string }

interface Part {
  readonly key: keyof PolicyElement
  readonly flag: string
  /** Its place among the bit fields of struct xt_policy_spec. */
  readonly place: number
  readonly kind: Kind<unknown, unknown>
  readonly to: Member
}

function part<T, R>(key: Part['key'], flag: string, place: number, kind: Kind<T, R>, to: Member): Part {
  return { key, flag, place, kind: kind as unknown as Part['kind'], to }
}

/** In the order in which they are printed. */
const PARTS: readonly Part[] = [
  part('reqid', 'reqid', 5, uint32, 'reqid'),
  part('spi', 'spi', 4, spi, 'spi'),
  part('proto', 'proto', 2, ipsecProtocol, 'protocol'),
  part('mode', 'mode', 3, mode, 'mode'),
  part('tunnelDst', 'tunnel-dst', 1, hostMask, { address: 'destinationAddress', mask: 'destinationMask' }),
  part('tunnelSrc', 'tunnel-src', 0, hostMask, { address: 'sourceAddress', mask: 'sourceMask' }),
]

/** Whether an option belongs to an element, and not to the policy. */
export function isElementKey(key: string): key is keyof PolicyElement {
  return PARTS.some((one) => one.key === key)
}

function bitOf({ place }: Part): number {
  return bitField(place)
}

const blank = () => Object.fromEntries(Object.entries(XtPolicyElem.codecs).map(([key, { size }]) => [key, size === 16 ? new Uint8Array(16) : 0]))

function packElement(element: PolicyElement, context: Context): Raw {
  if (typeof element !== 'object' || element === null) throw new InputError(`'${shown(element)}' is no element of a policy`)
  const unknown = Object.keys(element).find((key) => !isElementKey(key))
  if (unknown !== undefined) throw new InputError(`an element has no '${unknown}'; it has ${PARTS.map(({ key }) => key).join(', ')}`)
  const raw: Raw = blank()
  for (const one of PARTS) {
    const value = element[one.key]
    if (value !== undefined) inside(one.key, () => packPart(raw, one, value, context))
  }
  const tunnel = raw.mode === (isNot(element.mode) ? MODES.transport : MODES.tunnel)
  if (!tunnel && (element.tunnelSrc !== undefined || element.tunnelDst !== undefined) && (raw.mode !== 0 || !isNot(element.mode))) {
    throw new InputError('--tunnel-src and --tunnel-dst need --mode tunnel')
  }
  return raw
}

function packPart(raw: Raw, one: Part, value: unknown, context: Context): void {
  const inner = isNot(value) ? value.not : value
  const packed = one.kind.pack(typeof inner === 'string' ? one.kind.parse(inner, context, '') : inner, context)
  if (typeof one.to === 'string') raw[one.to] = packed
  else for (const [from, member] of Object.entries(one.to)) raw[member] = (packed as Raw)[from]
  raw.given = (raw.given as number) | bitOf(one)
  if (isNot(value)) raw.inverted = (raw.inverted as number) | bitOf(one)
}

function unpackElement(raw: Raw, context: Context): PolicyElement {
  const element: Raw = {}
  for (const one of PARTS) {
    if (!((raw.given as number) & bitOf(one))) continue
    const packed = typeof one.to === 'string' ? raw[one.to] : { address: raw[one.to.address], mask: raw[one.to.mask] }
    const value = one.kind.unpack(packed, context)
    element[one.key] = (raw.inverted as number) & bitOf(one) ? { not: value } : value
  }
  return element
}

/** What the transformations of a policy must be, one after the other. */
export const policyElements = kindOf<readonly PolicyElement[], readonly Raw[]>({
  name: 'elements',
  parse(text): readonly PolicyElement[] {
    throw new InputError(`'${text}' is no list of elements such as [{ proto: 'esp', mode: 'tunnel' }]`)
  },
  format: (value, context) => value.map((element) => formatElement(element, context, '--')).join(' --next '),
  pack(value, context) {
    if (!Array.isArray(value)) throw new InputError(`'${shown(value)}' is no list of elements`)
    if (value.length > MOST) throw new InputError(`there can be no more than ${MOST} elements`)
    return value.map((element, i) => inside(`[${i}]`, () => packElement(element, context)))
  },
  unpack: (raw, context) => raw.map((element) => unpackElement(element, context)),
})

/** An element in words, each option with `prefix` in front. */
export function formatElement(element: PolicyElement, context: Context, prefix: '' | '--', numeric = false): string {
  return line(...PARTS.map(({ key, flag, kind }) => {
    const value = element[key]
    if (value === undefined) return ''
    const text = key === 'proto' ? protocol(plain(value) as Protocol | number, numeric) : kind.format(plain<unknown>(value), context)
    return line(bang(value), prefix + flag, text)
  }))
}

function protocol(value: Protocol | number, numeric: boolean): string {
  const number = typeof value === 'number' ? value : PROTOCOLS[value]
  return numeric ? String(number) : typeof value === 'string' ? value : protocolName(number)
}
