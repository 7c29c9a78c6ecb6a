import { InputError } from '../../netlink/wire/error.js'
import { shown } from '../../netlink/wire/shown.js'
import { type Kind, kindOf } from '../kind.js'

/** An option without a value: `true` when given, `false` when given with `!` in front (where that is allowed). */
export const flag: Kind<boolean, boolean> = kindOf({
  name: '',
  words: 0,
  parse(text) {
    if (text === '' || text === 'true') return true
    throw new InputError(`takes no value, '${text}' is given`)
  },
  format: () => '',
  pack(value) {
    if (typeof value !== 'boolean') throw new InputError(`'${shown(value)}' is neither true nor false`)
    return value
  },
  unpack: (raw) => raw,
})
