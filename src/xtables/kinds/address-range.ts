import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'
import { formatInet, type Inet, parseInet } from './address.js'

/** The first and the last address, `union nf_inet_addr` both. */
interface Ends {
  readonly from: Inet
  readonly to: Inet
}

/** All addresses from one to another of the rule's family; one address alone is both ends. */
export const addressRange: Kind<readonly [from: string, to: string], Ends> = kindOf({
  name: 'address[-address]',
  parse(text, { family }) {
    const at = text.indexOf('-')
    const from = formatInet(parseInet(at < 0 ? text : text.slice(0, at), family), family)
    return [from, at < 0 ? from : formatInet(parseInet(text.slice(at + 1), family), family)]
  },
  format: ([from, to]) => `${from}-${to}`,
  pack(value, { family }) {
    if (!Array.isArray(value) || value.length !== 2 || !value.every((end) => typeof end === 'string')) {
      throw new InputError(`'${shown(value)}' is not [first address, last address]`)
    }
    return { from: parseInet(value[0], family), to: parseInet(value[1], family) }
  },
  unpack: ({ from, to }, { family }) => [formatInet(from, family), formatInet(to, family)],
})
