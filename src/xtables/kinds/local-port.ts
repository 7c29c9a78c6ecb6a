import { InputError } from '../../netlink/wire/error.js'
import { type Kind, kindOf } from '../kind.js'
import { checkPort, parsePort } from './port.js'

/** A port as getaddrinfo(3) reads it: a decimal number (neither `0x` nor octal) or the name of a service. */
export const localPort: Kind<number, number> = kindOf({
  name: 'port',
  parse(text) {
    if (/^0x/i.test(text)) throw new InputError(`'${text}' is not a port: give a decimal number`)
    return /^\d+$/.test(text) ? checkPort(Number(text)) : parsePort(text)
  },
  format: String,
  pack: checkPort,
  unpack: (raw) => raw,
})
