import { InputError } from '../../netlink/wire/error.js'
import { servicePort } from '../../netlink/wire/names.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { parseUint } from './number.js'
import type { Range } from './range.js'

/** The number of a port: a number, or a service of /etc/services. `protocol`: which one's services; all if left out. */
export function parsePort(text: string, protocol?: string): number {
  const number = parseUint(text, 0, 0xffff)
  if (number >= 0) return number
  const port = protocol === undefined ? anyServicePort(text) : servicePort(text, protocol)
  if (port === undefined) throw new InputError(`invalid port/service '${text}' specified`)
  return port
}

function anyServicePort(text: string): number | undefined {
  for (const protocol of ['tcp', 'udp', 'dccp', 'sctp']) {
    const port = servicePort(text, protocol)
    if (port !== undefined) return port
  }
  return undefined
}

/** Whether a value is the number of a port. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff
}

/** The number of a port. Throws an InputError for what is none. */
export function checkPort(value: unknown): number {
  if (isPort(value)) return value
  throw new InputError(`'${shown(value)}' is not a port from 0 to 65535`)
}

/** A port, or a range of ports; an end left out is 0 or 65535. Two ports side by side in the struct. */
export function portRange(protocol?: string): Kind<Range, readonly [number, number]> {
  const ordered = (from: number, to: number): readonly [number, number] => {
    if (from > to) throw new InputError(`invalid portrange (min > max): ${from} is over ${to}`)
    return [from, to]
  }
  return kindOf({
    name: 'port[:port]',
    parse(text) {
      const at = text.indexOf(':')
      if (at < 0) return parsePort(text, protocol)
      const from = at === 0 ? 0 : parsePort(text.slice(0, at), protocol)
      const to = at === text.length - 1 ? 0xffff : parsePort(text.slice(at + 1), protocol)
      return from === to ? from : ordered(from, to)
    },
    format: (value) => (typeof value === 'number' ? String(value) : `${value[0]}:${value[1]}`),
    pack(value) {
      if (typeof value === 'number') {
        const port = checkPort(value)
        return [port, port]
      }
      if (!Array.isArray(value) || value.length !== 2) throw new InputError(`'${shown(value)}' is neither a port nor [from, to]`)
      return ordered(checkPort(value[0]), checkPort(value[1]))
    },
    unpack: ([from, to]) => (from === to ? from : [from, to]),
  })
}
