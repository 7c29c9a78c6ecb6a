import { array } from '../../netlink/wire/array.js'
import { u8, u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { loosePorts } from '../kinds/loose-ports.js'
import { names } from '../kinds/names.js'
import { uint } from '../kinds/number.js'
import { bang, line, listPorts, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_dccp.h */
const XtDccpInfo = struct('xt_dccp_info', {
  destinationPorts: field(array(u16, 2), 'dpts', 'first and last destination port'),
  sourcePorts: field(array(u16, 2), 'spts', 'first and last source port'),
  given: field(u16, 'flags', 'what is looked at: XT_DCCP_*'),
  inverted: field(u16, 'invflags', 'what of it is negated: XT_DCCP_*'),
  types: field(u16, 'typemask', 'a bit for each type of packet'),
  option: field(u8, 'option', 'number of the option'),
})

/** The bit of each type in include/uapi/linux/dccp.h; types 10 to 15 are invalid. */
const TYPES = {
  REQUEST: 0x001, RESPONSE: 0x002, DATA: 0x004, ACK: 0x008, DATAACK: 0x010, CLOSEREQ: 0x020, CLOSE: 0x040, RESET: 0x080,
  SYNC: 0x100, SYNCACK: 0x200, INVALID: 0xfc00,
} as const

const some = names(TYPES, { anyCase: true })
type Types = readonly (keyof typeof TYPES)[]

/** Empty names between commas do not count, and there may be none at all. */
const types: Kind<Types, number> = kindOf({
  ...some,
  parse(text, context) {
    const words = text.split(',').filter(Boolean).join(',')
    return words === '' ? [] : some.parse(words, context, '')
  },
  format: (value, context) => some.format(value, context) || '""',
})

/** Whether a range of ports is one that all ports are in, which a list leaves out. */
function limits(ports: unknown): boolean {
  return !(Array.isArray(ports) && ports[0] === 0 && ports[1] === 0xffff)
}

function numbers(list: Types): string {
  return list.flatMap((name) => (name === 'INVALID' ? [10, 11, 12, 13, 14, 15] : Math.log2(TYPES[name]))).join(',')
}

export const dccp = match('dccp', {
  doc: 'Fields of the DCCP header. Loaded by `-p dccp` when one of its options is used.',
  revisions: { 0: XtDccpInfo },
  options: {
    sport: option(loosePorts, 'source port or ports', {
      alias: ['--source-port'], to: 'sourcePorts', set: { given: 0x01 }, not: { inverted: 0x01 },
    }),
    dport: option(loosePorts, 'destination port or ports', {
      alias: ['--destination-port'], to: 'destinationPorts', set: { given: 0x02 }, not: { inverted: 0x02 },
    }),
    dccpTypes: option(types, 'types of packets, of which this is one', { to: 'types', set: { given: 0x04 }, not: { inverted: 0x04 } }),
    dccpOption: option(uint({ min: 1, max: 255 }), 'number of an option that the header holds', {
      to: 'option', set: { given: 0x08 }, not: { inverted: 0x08 },
    }),
  },
  list: ({ sport, dport, dccpTypes, dccpOption }, { numeric }) => line(
    'dccp',
    limits(sport) && listPorts('spt', sport, 'dccp', numeric), limits(dport) && listPorts('dpt', dport, 'dccp', numeric),
    bang(dccpTypes), dccpTypes && (numeric ? numbers(plain(dccpTypes)) : plain(dccpTypes).join(',')),
    dccpOption !== undefined && `option=${bang(dccpOption)}${plain(dccpOption)}`,
  ),
})
