import type { ConnectionOptions } from '../connection.js'
import { batchFunctions } from './batch.js'
import { chainFunctions } from './chains.js'
import { ruleFunctions } from './rules.js'
import { Store } from './store.js'

/** Rules, chains and tables in single calls, with rules as dictionaries. */
export type Easy = ReturnType<typeof ruleFunctions> & ReturnType<typeof chainFunctions> & ReturnType<typeof batchFunctions>

/**
 * The easy functions over a connection: all calls use it, unless one is given a connection of its own.
 *
 * @example
 * await using xt = await openXtables()
 * const { addRule, dumpChain } = easyOn({ xt })
 * await addRule('filter', 'INPUT', { protocol: 'tcp', tcp: { dport: '22' }, target: 'ACCEPT' })
 */
export function easyOn(options: ConnectionOptions = {}): Easy {
  const store = new Store(options)
  return { ...ruleFunctions(store), ...chainFunctions(store), ...batchFunctions(store) }
}

/**
 * Rules, chains and tables in single calls, with rules as dictionaries. Each call opens a connection and closes it, unless it
 * is given one (`{ xt }`).
 *
 * @example
 * await easy.addChain('filter', 'web')
 * await easy.insertRule('filter', 'web', { protocol: 'tcp', target: 'ACCEPT', tcp: { dport: '22' } })
 */
export const easy: Easy = easyOn()
