import { callable } from './callable.js'
import { type RouteOptions, RouteRule } from './routes.js'

class InputRuleClass extends RouteRule {
  constructor(options: RouteOptions) {
    super(options, undefined, ['policy', 'sources', 'channels', 'log', 'logId', 'logCls', 'comment', 'args'])
  }

  protected override get logName(): string {
    return 'IN'
  }
}

/** Rules for packets to this machine, from each of the sources through each of the channels. */
export const InputRule = callable(InputRuleClass, 'InputRule')
export type InputRule = InputRuleClass
