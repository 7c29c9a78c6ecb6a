import { array, blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u16 } from '../../netlink/wire/integers.js'
import { serviceName } from '../../netlink/wire/names.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { isNot } from '../kind.js'
import { MOST_PORTS, type PortList, portList, protocolOfPorts } from '../kinds/port-list.js'
import { bang, plain } from '../list.js'
import { type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_multiport.h */
const XtMultiportV1 = struct('xt_multiport_v1', {
  which: field(u8, 'flags', 'which ports are looked at: XT_MULTIPORT_*'),
  count: field(u8, 'count', 'how many entries are in use'),
  ports: field(array(u16, MOST_PORTS), 'ports', 'the ports'),
  ranges: field(blob(MOST_PORTS), 'pflags', '1: a range begins here, the next entry is its end'),
  inverted: field(u8, 'invert', 'matches packets of other ports'),
})

const SOURCE = 0
const DESTINATION = 1
const EITHER = 2

function place(which: number) {
  return {
    negatable: true,
    pack(memory: Memory, list: PortList, _context: unknown, negated: boolean) {
      const ports: number[] = []
      const ranges = new Uint8Array(MOST_PORTS)
      for (let i = 0; i < list.length; i++) {
        const item = list[i] as PortList[number]
        if (typeof item === 'number') ports.push(item)
        else {
          ranges[ports.length] = 1
          ports.push(item[0], item[1])
        }
      }
      memory.set('which', which)
      memory.set('count', ports.length)
      memory.set('ports', ports)
      memory.set('ranges', ranges)
      memory.set('inverted', negated ? 1 : 0)
    },
    unpack(memory: Memory) {
      if (memory.get('which') !== which) return undefined
      const count = memory.get('count')
      if (count === 0 || count > MOST_PORTS) throw new InputError(`${count} ports where 1 to ${MOST_PORTS} are possible`)
      const ports = memory.get('ports')
      const ranges = memory.get('ranges')
      const list: (number | readonly [number, number])[] = []
      for (let i = 0; i < count; i++) list.push(ranges[i] === 0 ? ports[i] : [ports[i], ports[++i]])
      return memory.get('inverted') === 0 ? list : { not: list }
    },
  } as const
}

export const multiport = match('multiport', {
  doc: `Source or destination ports out of a list. Needs \`-p\` with tcp, udp, udplite, sctp or dccp. A list holds at most ${MOST_PORTS} ports; a range counts as two.`,
  revisions: { 1: XtMultiportV1 },
  options: {
    sports: option(portList, 'source ports and ranges of them', { alias: ['--source-ports'], ...place(SOURCE) }),
    dports: option(portList, 'destination ports and ranges of them', { alias: ['--destination-ports'], ...place(DESTINATION) }),
    ports: option(portList, 'ports and ranges, of which the source port or the destination port is one', place(EITHER)),
  },
  finish(_memory, { sports, dports, ports }) {
    const given = Number(sports !== undefined) + Number(dports !== undefined) + Number(ports !== undefined)
    if (given !== 1) throw new InputError('give one of --sports, --dports and --ports')
  },
  list(options, { numeric, protocol }) {
    const name = options.sports ? 'sports' : options.dports ? 'dports' : 'ports'
    const given = options[name] ?? []
    const services = numeric ? undefined : protocolOfPorts(protocol)
    const port = (number: number) => (services && serviceName(number, services)) ?? String(number)
    const list = plain(given).map((item) => (typeof item === 'number' ? port(item) : `${port(item[0])}:${port(item[1])}`))
    return `multiport ${name} ${isNot(given) ? ' ' : ''}${bang(given)}${list.join(',')}`
  },
})
