import { InputError } from '../../netlink/wire/error.js'
import { match, target } from '../extension.js'
import { uint8 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { type Bag, option } from '../option.js'
import { seal } from '../sealed.js'

const options = {
  name: option(text({ max: 28 }), 'its name in the kernel', { to: 'name', required: true }),
  revision: option(uint8, 'the revision of its struct', { to: 'revision', required: true }),
  info: option(text({ max: 0x2_0000 }), 'its data in hexadecimal', { to: 'info' }),
}

const description = {
  doc: 'Stands in text for an extension that this library does not know: its bytes, to be written back as they are.',
  revisions: {},
  options,
  list: () => '',
}

/** `-m unknown --name tls --revision 0 --info 00ff`: how text says what only bytes say. */
export const OPAQUE = { match: match('unknown', description), target: target('unknown', description) }

/** The options of such an extension, checked. */
export function opaqueOptions(options: Bag): Bag {
  const { name, revision, info = '' } = options
  for (const [flag, value] of [['--name', name], ['--revision', revision]]) {
    if (value === undefined) throw new InputError(`'${flag}' must be specified`)
  }
  if (!/^(?:[0-9a-f]{2})*$/i.test(String(info))) throw new InputError('no hexadecimal text', { path: 'info' })
  return seal({ ...options, info })
}
