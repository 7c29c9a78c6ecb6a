import { InputError } from '../../netlink/index.js'
import { encodeEntry, extensionName, type Family, formatRule, type RuleInput } from '../../xtables/index.js'
import { fromDictionary, type MatchDictionary, type RuleDictionary, type TargetDictionary } from '../dictionary.js'
import { NO_INDEXES } from '../part.js'

/** Protocols that matches and targets may ask for. */
const PROTOCOLS = ['ip', 'tcp', 'udp', 'sctp', 'icmp', 'icmpv6', 'dccp', 'esp', 'ah']
/** What a chain can be called, and the most bytes of it. */
const CHAIN_NAME = /^[^-!\s\0][^\s\0]*$/
const LONGEST_NAME = 28

/** Whether a dictionary is a rule that makes sense. */
export function ruleMakesSense(rule: RuleDictionary, family: Family): boolean {
  try {
    check(fromDictionary(rule, family), family)
    return true
  } catch (error) {
    if (InputError.is(error)) return false
    throw error
  }
}

/** Whether the options of a match make sense, for some protocol. */
export function matchMakesSense(name: string, value: MatchDictionary, family: Family): boolean {
  if (extensionName('match', name, family) === undefined) return false
  return PROTOCOLS.some((protocol) => ruleMakesSense({ protocol, matches: [{ [name]: value }] }, family))
}

/** Whether the options of a target make sense, for some protocol. Any name but those of the targets is one of a chain. */
export function targetMakesSense(name: string, value: string | object, family: Family): boolean {
  const target = (name === 'goto' ? { goto: value } : { [name]: value === '' ? {} : value }) as TargetDictionary
  return PROTOCOLS.some((protocol) => ruleMakesSense({ protocol, target }, family))
}

function check(rule: RuleInput, family: Family): void {
  const { target, expressions } = rule
  const chain = target && ('jump' in target ? target.jump : 'goto' in target ? target.goto : undefined)
  if (chain !== undefined && (!CHAIN_NAME.test(chain) || Buffer.byteLength(chain) > LONGEST_NAME)) throw new InputError(`'${chain}' is no name of a chain`)
  // What only nf_tables says has no entry.
  if (expressions === undefined) encodeEntry(rule, { family, sets: NO_INDEXES })
  formatRule(rule, { family })
}
