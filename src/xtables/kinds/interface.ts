import { InputError } from '../../netlink/wire/error.js'
import { packInterface, unpackInterface } from '../conditions.js'
import { type Kind, kindOf } from '../kind.js'
import { word } from './text.js'

/** The bytes of an interface's name, and of the mask that says which of them count. */
export interface MaskedName {
  readonly name: Uint8Array
  readonly mask: Uint8Array
}

/** The name of an interface; a `+` at its end stands for any further characters. */
export const interfaceName: Kind<string, MaskedName> = kindOf({
  name: 'interface[+]',
  parse(text) {
    packInterface(text)
    return text
  },
  format: word,
  pack: packInterface,
  unpack({ name, mask }) {
    const text = unpackInterface(name, mask)
    if (text === undefined) throw new InputError('the name of the interface is empty')
    return text
  },
})
