import { InputError } from '../../netlink/wire/error.js'
import { type Kind, kindOf } from '../kind.js'
import { parsePort } from './port.js'
import { shown } from './shown.js'

/** A port as getaddrinfo(3) reads it: a decimal number (neither `0x` nor octal) or the name of a service. */
export const localPort: Kind<number, number> = kindOf({
  name: 'port',
  parse(text) {
    if (/^0x/i.test(text)) throw new InputError(`'${text}' is not a port: give a decimal number`)
    return /^\d+$/.test(text) ? check(Number(text)) : parsePort(text)
  },
  format: String,
  pack: check,
  unpack: (raw) => raw,
})

function check(port: unknown): number {
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 0xffff) return port as number
  throw new InputError(`'${shown(port)}' is not a port from 0 to 65535`)
}
