import { callable } from './callable.js'
import type { Endpoint } from './endpoint.js'
import { type RouteOptions, RouteRule } from './routes.js'

/** What a ForwardingRule is made of. */
export interface ForwardingOptions extends RouteOptions {
  /** Where packets go to; any place when left out or empty. */
  readonly destinations?: Iterable<Endpoint> | undefined
}

class ForwardingRuleClass extends RouteRule {
  constructor(options: ForwardingOptions) {
    super(options, options.destinations, ['policy', 'sources', 'destinations', 'channels', 'log', 'logId', 'logCls', 'comment', 'args'])
  }

  protected override get logName(): string {
    return 'FWD'
  }
}

/**
 * Rules for packets from each of the sources to each of the destinations through each of the channels.
 *
 * @example
 * new ForwardingRule({ policy: 'ACCEPT', sources: [office], destinations: [servers], channels: [new TCPChannel({ dports: '80,443' })] })
 */
export const ForwardingRule = callable(ForwardingRuleClass, 'ForwardingRule')
export type ForwardingRule = ForwardingRuleClass
