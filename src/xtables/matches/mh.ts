import { array } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { parseUint } from '../kinds/number.js'
import { type Range, range } from '../kinds/range.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter_ipv6/ip6t_mh.h */
const Ip6tMh = struct('ip6t_mh', {
  types: field(array(u8, 2), 'types', 'first and last type'),
  inverted: field(u8, 'invflags', 'IP6T_MH_INV_TYPE'),
})

/** The names of types 0 to 7, and a short one for each. */
const NAMES = [
  ['binding-refresh-request', 'brr'], ['home-test-init', 'hoti'], ['careof-test-init', 'coti'], ['home-test', 'hot'],
  ['careof-test', 'cot'], ['binding-update', 'bu'], ['binding-acknowledgement', 'ba'], ['binding-error', 'be'],
] as const

/** The first name that begins so is meant, unless another is just that. */
function typeOf(text: string): number {
  const word = text.toLowerCase()
  const exact = NAMES.findIndex((names) => names.some((name) => name === word))
  const type = exact >= 0 ? exact : NAMES.findIndex((names) => names.some((name) => name.startsWith(word)))
  const number = type >= 0 ? type : parseUint(text, 0, 255)
  if (number < 0) throw new InputError(`invalid MH type '${text}': neither a name nor a number from 0 to 255`)
  return number
}

const numbers = range({ max: 255 })

const mhTypes: Kind<Range, readonly [number, number]> = kindOf({
  ...numbers,
  name: 'type[:type]',
  parse(text, context) {
    const at = text.indexOf(':')
    if (at < 0) return typeOf(text)
    const from = at === 0 ? 0 : typeOf(text.slice(0, at))
    const to = at === text.length - 1 ? 255 : typeOf(text.slice(at + 1))
    return numbers.unpack(numbers.pack([from, to], context), context)
  },
})

function listTypes(value: Range, numeric: boolean): string {
  const name = (type: number) => (numeric ? undefined : NAMES[type]?.[0]) ?? String(type)
  return typeof value === 'number' ? name(value) : `${name(value[0])}:${name(value[1])}`
}

export const mh = match('mh', {
  doc: 'The type of a mobility header (Mobile IPv6). Loaded by `-p ipv6-mh` when its option is used.',
  families: ['ip6'],
  alias: ['ipv6-mh', 'mobility-header'],
  revisions: { 0: Ip6tMh },
  options: {
    mhType: option(mhTypes, 'type of the message by number or name, or first and last of them, up to 255', {
      to: 'types', not: { inverted: 0x01 }, fallback: [0, 255], quiet: true,
    }),
  },
  list: ({ mhType }, { numeric }) => line('mh', mhType !== undefined && `${bang(mhType)}${listTypes(plain(mhType), numeric)}`),
})
