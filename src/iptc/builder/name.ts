import { InputError } from '../../netlink/index.js'

/** The name of an argument, read: `dPort__not`, say. */
export interface ArgumentName {
  /** As iptables has it, without dashes: a letter, or words with dashes in between. */
  readonly name: string
  readonly inverse: boolean
}

/**
 * The option that a key stands for: `inInterface` and `in_interface` are `in-interface`, `__not` behind it negates. Throws an
 * InputError for what cannot be an option.
 */
export function readName(key: string): ArgumentName {
  const before = known.get(key)
  if (before) return before
  const name = read(key)
  if (known.size < MOST_KNOWN) known.set(key, name)
  return name
}

/** Names that have been read: few, in many rules. */
const known = new Map<string, ArgumentName>()
const MOST_KNOWN = 1000

function read(key: string): ArgumentName {
  const [stem = '', ...suffixes] = key.split('__')
  if (suffixes.length > 1) throw new InputError(`'${key}' is a badly formatted argument name: one __not at most`)
  if (suffixes.length === 1 && suffixes[0] !== 'not') throw new InputError(`'${key}': Only 'not' is supported behind __`)
  const name = dashed(stem)
  if (!/^(?:[A-Za-z0-9]|[a-z0-9][a-z0-9-]+)$/.test(name)) {
    throw new InputError(`'${key}' is no name of an option: write dport, logPrefix or log_prefix for --dport and --log-prefix`)
  }
  return { name, inverse: suffixes.length === 1 }
}

function dashed(stem: string): string {
  return stem.length < 2 ? stem : stem.replaceAll('_', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
