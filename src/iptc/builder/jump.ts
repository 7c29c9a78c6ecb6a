import { InputError } from '../../netlink/index.js'
import { AbstractChain } from './chain.js'
import { shorten } from './note.js'
import { type RuleArguments, RuleObject, type RuleType, ruleType } from './rule.js'

class JumpObject extends RuleObject {
  constructor(chain: AbstractChain | string, given: RuleArguments = {}) {
    const { comment, ...more } = given
    if ('jump' in more || 'j' in more) throw new InputError('the chain is the first argument', { path: 'jump' })
    const inherited = chain instanceof AbstractChain && chain.comment !== undefined ? shorten(chain.comment) : undefined
    super({ ...more, jump: chain instanceof AbstractChain ? chain.name : chain, comment: comment ?? inherited })
  }
}

/** A rule that goes on in a chain, given as an object or by its name. Its comment is that of the chain unless given. */
export const Jump: RuleType<typeof JumpObject> = ruleType(JumpObject, 'Jump')
export type Jump = InstanceType<typeof Jump>
