import type { Family } from '../context.js'

/** An option that belongs to the rule or the command itself, and to no extension. */
export interface BaseOption {
  readonly letter: string
  /** Long names, the usual one first. */
  readonly long: readonly string[]
  /** Whether a word follows; `maybe`: one that is neither an option nor `!`. */
  readonly value: boolean | 'maybe'
  /** Understood in a rule; the others only on a command line. */
  readonly rule?: true
  readonly negatable?: true
  /** The family that has it; both unless given. */
  readonly family?: Family
}

const rule = (letter: string, long: readonly string[], value: boolean, negatable?: true): BaseOption => ({
  letter, long, value, rule: true, ...(negatable ? { negatable } : {}),
})
const command = (letter: string, long: readonly string[], value: boolean | 'maybe' = false): BaseOption => ({ letter, long, value })

/** iptables(8), in the order in which getopt_long(3) finds them. */
export const BASE_OPTIONS: readonly BaseOption[] = [
  command('A', ['append'], true),
  command('D', ['delete'], true),
  command('C', ['check'], true),
  command('I', ['insert'], true),
  command('R', ['replace'], true),
  command('L', ['list'], 'maybe'),
  command('S', ['list-rules'], 'maybe'),
  command('F', ['flush'], 'maybe'),
  command('Z', ['zero'], 'maybe'),
  command('N', ['new-chain'], true),
  command('X', ['delete-chain'], 'maybe'),
  command('E', ['rename-chain'], true),
  command('P', ['policy'], true),
  rule('s', ['source', 'src'], true, true),
  rule('d', ['destination', 'dst'], true, true),
  rule('p', ['protocol'], true, true),
  rule('i', ['in-interface'], true, true),
  rule('j', ['jump'], true),
  command('t', ['table'], true),
  rule('m', ['match'], true),
  command('n', ['numeric']),
  rule('o', ['out-interface'], true, true),
  command('v', ['verbose']),
  command('w', ['wait'], 'maybe'),
  command('W', ['wait-interval'], 'maybe'),
  command('x', ['exact']),
  { ...rule('f', ['fragments'], false, true), family: 'ip' },
  command('V', ['version']),
  command('h', ['help'], 'maybe'),
  command('0', ['line-numbers']),
  command('M', ['modprobe'], true),
  rule('c', ['set-counters'], true),
  rule('g', ['goto'], true),
  rule('4', ['ipv4'], false),
  rule('6', ['ipv6'], false),
  // Ours alone: the struct of an entry, or the expressions of nf_tables, that no option says.
  rule('entry-header', ['entry-header'], true),
  rule('nft-expressions', ['nft-expressions'], true),
]

const byLetter = new Map(BASE_OPTIONS.filter(({ letter }) => letter.length === 1 && letter !== '0').map((option) => [option.letter, option]))
/** Ours alone must be written out: `--e` is `--exact`, as everywhere. */
const abbreviated = BASE_OPTIONS.filter(({ letter }) => letter.length === 1)
const byName = new Map(BASE_OPTIONS.flatMap((option) => option.long.map((name) => [name, option] as const)))

/** The option of a letter. */
export function baseOption(letter: string): BaseOption | undefined {
  return byLetter.get(letter)
}

/** The option of a long name in a family. */
export function baseOptionNamed(name: string, family: Family): BaseOption | undefined {
  const option = byName.get(name)
  return (option?.family ?? family) === family ? option : undefined
}

/** The options of a family whose long names begin so. */
export function baseOptionsLike(beginning: string, family: Family): readonly BaseOption[] {
  return abbreviated.filter((option) => (option.family ?? family) === family && option.long.some((name) => name.startsWith(beginning)))
}
