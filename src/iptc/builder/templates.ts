import { Rule } from './rule.js'

/** `-j ACCEPT`: a template for rules that let a packet pass. */
export const Accept: Rule = new Rule({ jump: 'ACCEPT' })
/** `-j DROP`. */
export const Drop: Rule = new Rule({ jump: 'DROP' })
/** `-j REJECT`. */
export const Reject: Rule = new Rule({ jump: 'REJECT' })
/** `-j RETURN`. */
export const Return: Rule = new Rule({ jump: 'RETURN' })
/** `-j REDIRECT`. */
export const Redirect: Rule = new Rule({ jump: 'REDIRECT' })
/** `-j LOG`: `Log({ logPrefix: 'dropped ' })`. */
export const Log: Rule = new Rule({ jump: 'LOG' })
