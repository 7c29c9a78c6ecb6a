/** Expressions that no rule of iptables says. */
export class Foreign extends Error {}
