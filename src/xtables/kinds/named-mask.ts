import { type Kind, kindOf } from '../kind.js'
import { formatMasked, type Masked, masked } from './masked.js'
import { type NameFile, nameFile, tableLine } from './name-file.js'
import { parseNumber } from './number.js'

const plainMask = masked()
const FULL = 0xffff_ffff

/** `value[/mask]`, where a value with a full mask may have a name in a file of /etc/iproute2. */
export function namedMask(path: string): { readonly kind: Kind<Masked, Masked, Masked | number>; readonly numeric: (value: Masked) => string } {
  const names = nameFile(path, tableLine)
  const kind = kindOf<Masked, Masked, Masked | number>({
    ...plainMask,
    name: 'value[/mask] or name',
    parse(text, context) {
      const named = parseNumber(text.split('/')[0] as string) === undefined ? names.number(text) : undefined
      return named === undefined ? plainMask.parse(text, context, '') : { value: named, mask: FULL }
    },
    format: (value) => (value.mask === FULL && nameOf(names, value.value)) || formatMasked(value),
  })
  return { kind, numeric: (value) => formatMasked(value) }
}

/** The name of a number, where that can be read back: it is no number itself, and needs no quotes. */
function nameOf(names: NameFile, number: number): string | undefined {
  const name = names.name(number)
  const fits = name !== undefined && /^[^\s"'\\!-][^\s"'\\]*$/.test(name) && parseNumber(name.split('/')[0] as string) === undefined
  return fits && names.number(name) === number ? name : undefined
}
