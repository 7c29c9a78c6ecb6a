import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { isPort, parsePort } from './port.js'

/** Ports, and ranges of ports. */
export type PortList = readonly (number | readonly [from: number, to: number])[]

/** XT_MULTI_PORTS; a range counts as two. */
export const MOST_PORTS = 15

const PROTOCOLS = new Map([[6, 'tcp'], [17, 'udp'], [33, 'dccp'], [132, 'sctp'], [136, 'udplite']])

/** The name of a protocol with ports that a list may be of; undefined for another. */
export function protocolOfPorts(protocol: number): string | undefined {
  return PROTOCOLS.get(protocol)
}

/** `port[,port:port…]` for a rule whose `-p` asks for a protocol with ports. A range needs both ends, the first below the last. */
export const portList: Kind<PortList, PortList> = kindOf({
  name: 'port[,port:port…]',
  parse(text, { protocol }) {
    const services = PROTOCOLS.get(protocol)
    if (services === undefined) throw new InputError("multiport needs '-p tcp', '-p udp', '-p udplite', '-p sctp' or '-p dccp'")
    return checked(
      text.split(',').map((item) => {
        const at = item.indexOf(':')
        return at < 0 ? parsePort(item, services) : ([parsePort(item.slice(0, at), services), parsePort(item.slice(at + 1), services)] as const)
      }),
    )
  },
  format: (value) => value.map((item) => (typeof item === 'number' ? item : `${item[0]}:${item[1]}`)).join(','),
  pack: checked,
  unpack: (raw) => raw,
})

function checked(list: PortList): PortList {
  if (!Array.isArray(list) || list.length === 0) throw new InputError(`'${shown(list)}' is no list of ports and [from, to]`)
  let count = 0
  for (let i = 0; i < list.length; i++) {
    const item: PortList[number] = list[i]
    if (isPort(item)) count++
    else {
      if (!Array.isArray(item) || item.length !== 2 || !isPort(item[0]) || !isPort(item[1])) {
        throw new InputError(`'${shown(item)}' is neither a port from 0 to 65535 nor [from, to]`)
      }
      if (item[0] >= item[1]) throw new InputError(`invalid portrange specified: ${item[0]} is not below ${item[1]}`)
      count += 2
    }
  }
  if (count > MOST_PORTS) throw new InputError(`too many ports specified: ${count}, at most ${MOST_PORTS} fit; a range counts as two`)
  return list
}
