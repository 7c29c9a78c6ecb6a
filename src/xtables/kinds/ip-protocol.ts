import { parseProtocol } from '../conditions.js'
import { type Kind, kindOf } from '../kind.js'

/** An IP protocol by its number, which is what is printed; given as a name, too. */
export const ipProtocol: Kind<number, number, number> = kindOf({
  name: 'protocol',
  parse: parseProtocol,
  format: String,
  pack: parseProtocol,
  unpack: (raw) => raw,
})
