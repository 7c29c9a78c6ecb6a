import type { Family } from '../context.js'
import type { Draft } from '../header.js'
import { formatNetwork, formatNetwork4, parseNetwork, parseNetwork4 } from '../kinds/address.js'
import type { Rule } from '../rule.js'
import { TextError } from './error.js'

/** The source or the destination of a rule. */
export type Address = Rule['source']

/** Where no address is given. */
export const ANYWHERE: readonly Address[] = [undefined]

/** Rules that a line may stand for: two lists of 20,000 addresses, which fit 600 KB of text, would be 400 million. */
const MOST_RULES = 100_000

/** Each source with each destination. Throws a TextError where they are too many. */
export function addressPairs(sources: readonly Address[], destinations: readonly Address[]): (readonly [source: Address, destination: Address])[] {
  const count = sources.length * destinations.length
  if (count > MOST_RULES) throw new TextError(`each source with each destination makes ${count} rules, at most ${MOST_RULES} can stand in a line; a set (-m set) holds more`, { column: 1 })
  return sources.flatMap((source) => destinations.map((destination) => [source, destination] as const))
}

/** A rule with its addresses, which come first. */
export function withAddresses(source: Address, destination: Address, rest: Draft): Rule {
  if (source === undefined && destination === undefined) return { ...rest }
  if (destination === undefined) return { source, ...rest }
  return source === undefined ? { destination, ...rest } : { source, destination, ...rest }
}

/** A network as it is printed; undefined for all addresses, which need no condition. */
function canonicalNetwork(text: string, family: Family, negated: boolean): string | undefined {
  if (family === 'ip') {
    const network = parseNetwork4(text)
    return network.mask === 0 && !negated ? undefined : formatNetwork4(network)
  }
  const network = parseNetwork(text, family)
  const any = network.mask.every((byte) => byte === 0)
  return any && !negated ? undefined : formatNetwork(network, family)
}

/** The addresses of a list such as `10.0.0.1,10.0.0.2`: one rule is meant for each. */
export function addressList(text: string, family: Family, negated: boolean): readonly Address[] {
  return text.split(',').map((one) => {
    const found = canonicalNetwork(one.trim(), family, negated)
    return found !== undefined && negated ? { not: found } : found
  })
}
