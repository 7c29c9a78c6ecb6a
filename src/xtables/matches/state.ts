import { match } from '../extension.js'
import { names } from '../kinds/names.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'
import { CONNTRACK, STATES, someState } from './conntrack.js'

/** XT_CONNTRACK_STATE_ALIAS: the rule said `-m state`. */
const ALIAS = 0x2000

export const state = match('state', {
  doc: 'The state of the connection that a packet belongs to; conntrack by a shorter name.',
  kernel: 'conntrack',
  when: (memory) => memory.has('matched', ALIAS),
  revisions: CONNTRACK,
  options: {
    state: option(names(STATES, { anyCase: true, prefix: true }), 'states of the connection, one of which it has', {
      to: 'states', set: { matched: 0x0001 | ALIAS }, not: { inverted: 0x0001 }, required: true,
    }),
  },
  check: ({ state }) => someState(state),
  list: ({ state }) => line(bang(state), 'state', state && plain(state).join(',')),
})
