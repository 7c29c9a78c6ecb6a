import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { checkPort, parsePort } from './port.js'
import type { Range } from './range.js'

const PORT = /^\d{1,20}$/

/**
 * Ports as iptables lets getaddrinfo(3) read them: decimal numbers only, services of any protocol, and ranges that may run
 * backwards. An end left out is 0 or 65535. Two ports side by side in the struct.
 */
export const loosePorts: Kind<Range, readonly [number, number]> = kindOf({
  name: 'port[:port]',
  parse(text) {
    const at = text.indexOf(':')
    if (at < 0) return portOf(text)
    const from = at === 0 ? 0 : portOf(text.slice(0, at))
    const to = at === text.length - 1 ? 0xffff : portOf(text.slice(at + 1))
    return from === to ? from : [from, to]
  },
  format: (value) => (typeof value === 'number' ? String(value) : `${value[0]}:${value[1]}`),
  pack(value) {
    if (typeof value === 'number') return [checkPort(value), value]
    if (!Array.isArray(value) || value.length !== 2) throw new InputError(`'${shown(value)}' is neither a port nor [from, to]`)
    return [checkPort(value[0]), checkPort(value[1])]
  },
  unpack: ([from, to]) => (from === to ? from : [from, to]),
})

function portOf(text: string): number {
  if (PORT.test(text)) return checkPort(Number(text))
  if (/^0x/i.test(text)) throw new InputError(`invalid port/service '${text}' specified: give a decimal number`)
  return parsePort(text)
}
