import { blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { interfaceName } from '../kinds/interface.js'
import { bang, line, plain } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_physdev.h */
const XtPhysdevInfo = struct('xt_physdev_info', {
  in: field(blob(16), 'physindev', 'port of the bridge by which the packet came in'),
  inMask: field(blob(16), 'in_mask', 'bytes of its name that count'),
  out: field(blob(16), 'physoutdev', 'port of the bridge by which the packet goes out'),
  outMask: field(blob(16), 'out_mask', 'bytes of its name that count'),
  inverted: field(u8, 'invert', 'XT_PHYSDEV_OP_* that are negated'),
  given: field(u8, 'bitmask', 'XT_PHYSDEV_OP_* that are asked for'),
})

const place = <const B extends number>(bit: B) => ({ set: { given: bit }, not: { inverted: bit } })

export const physdev = match('physdev', {
  doc: 'The ports of a bridge that the packet takes.',
  revisions: { 0: XtPhysdevInfo },
  options: {
    physdevIsIn: flag('came in by a port of a bridge', place(0x08)),
    physdevIn: option(interfaceName, 'the port by which it came in', { to: { name: 'in', mask: 'inMask' }, ...place(0x01) }),
    physdevIsOut: flag('goes out by a port of a bridge', place(0x10)),
    physdevOut: option(interfaceName, 'the port by which it goes out', { to: { name: 'out', mask: 'outMask' }, ...place(0x02) }),
    physdevIsBridged: flag('is bridged, not routed', place(0x04)),
  },
  check(options) {
    const { physdevIsIn, physdevIn, physdevIsOut, physdevOut, physdevIsBridged } = options
    const given = [physdevIsIn, physdevIn, physdevIsOut, physdevOut, physdevIsBridged]
    if (given.every((value) => value === undefined)) throw new InputError('give at least one of its options')
  },
  list({ physdevIsIn, physdevIn, physdevIsOut, physdevOut, physdevIsBridged }) {
    const word = (name: string, value: boolean | undefined) => value !== undefined && line(bang(value), `--physdev-${name}`)
    const port = (name: string, value: typeof physdevIn) => value && line(bang(value), `--physdev-${name}`, plain(value))
    return line(
      'PHYSDEV match', word('is-in', physdevIsIn), port('in', physdevIn),
      word('is-out', physdevIsOut), port('out', physdevOut), word('is-bridged', physdevIsBridged),
    )
  },
})
