import { InputError } from '../../netlink/index.js'
import { demandOptions } from '../../netlink/wire/suggestion.js'
import { AbstractRule, type Definition } from './abstract-rule.js'
import { ArgumentList } from './argument-list.js'
import { type Endpoint, endpoints } from './endpoint.js'
import { shorten } from './note.js'
import { type Rule, type RuleArguments, RuleObject } from './rule.js'
import { Accept, Drop, Log, Reject } from './templates.js'

/** What becomes of packets; `NONE` for nothing, where they shall be logged only. */
export type RoutePolicy = 'ACCEPT' | 'DROP' | 'REJECT' | 'NONE'

/** Makes the rule that logs: a template such as `Log` or `new Rule({ jump: 'NFLOG', nflogGroup: 5 })`, or a function of the caller's. */
export type LogTemplate = (more: RuleArguments) => AbstractRule

/** What rules for packets on their way are made of. */
export interface RouteOptions {
  readonly policy: RoutePolicy
  /** Where they come from; any place when left out or empty. */
  readonly sources?: Iterable<Endpoint> | undefined
  /** How they come; any way when left out or empty. */
  readonly channels?: Iterable<ArgumentList> | undefined
  /** Logs each packet before the policy is applied to it. */
  readonly log?: boolean | undefined
  /** Stands in the prefix of the log: `FWD 17 D`. */
  readonly logId?: string | number | undefined
  /** What logs; `Log` unless given. */
  readonly logCls?: LogTemplate | undefined
  /** Begins the comment of each of the rules. */
  readonly comment?: string | undefined
  /** More that packets must be like. */
  readonly args?: readonly ArgumentList[] | undefined
}

const TEMPLATES: Readonly<Record<RoutePolicy, Rule | undefined>> = { ACCEPT: Accept, DROP: Drop, REJECT: Reject, NONE: undefined }
/** Bytes that LOG keeps of its prefix. */
const PREFIX_BYTES = 29

/** Arguments of one combination, and the words for it. */
interface Leg {
  readonly args: readonly ArgumentList[]
  readonly words: string
}

/** A rule for each combination of sources, destinations and channels. */
export abstract class RouteRule extends AbstractRule {
  readonly policy: RoutePolicy
  readonly sources: readonly Endpoint[]
  readonly destinations: readonly Endpoint[]
  readonly channels: readonly ArgumentList[]
  readonly log: boolean
  readonly args: readonly ArgumentList[]
  readonly #logId: string
  readonly #logCls: LogTemplate

  protected constructor(options: RouteOptions, destinations: Iterable<Endpoint> | undefined, keys: readonly string[]) {
    super(options.comment)
    demandOptions(options, keys)
    this.policy = readPolicy(options.policy)
    this.sources = endpoints(options.sources, 'sources')
    this.destinations = endpoints(destinations, 'destinations')
    this.channels = lists(options.channels, 'channels')
    this.args = lists(options.args, 'args')
    this.log = readFlag(options.log)
    this.#logId = options.logId === undefined ? '' : ` ${options.logId}`
    this.#logCls = readTemplate(options.logCls)
  }

  /** What the prefix of the log begins with. */
  protected abstract get logName(): string

  override ruleDefinitions(): readonly string[] {
    return this.definitions().map(({ text }) => text)
  }

  override definitions(): readonly Definition[] {
    const legs = this.#legs()
    return [...(this.log ? [this.#logged.bind(this)] : []), ...(this.policy === 'NONE' ? [] : [this.#decided.bind(this)])]
      .flatMap((make) => legs.map((leg) => make({ args: [...leg.args, ...this.args], comment: this.#comment(leg.words) })))
      .flatMap((rule) => rule.definitions().map((definition) => ({ ...definition, rule: this })))
  }

  #decided(more: RuleArguments): AbstractRule {
    return (TEMPLATES[this.policy] as Rule)(more)
  }

  /** The rule that logs; its prefix is that of NFLOG where the template is one. */
  #logged(more: RuleArguments): AbstractRule {
    const prefix = `${this.logName}${this.#logId} ${this.policy[0]}`
    const list = this.#logCls instanceof RuleObject ? this.#logCls.arguments : undefined
    const nflog = list?.get('jump')?.value === 'NFLOG'
    const bytes = Buffer.byteLength(prefix)
    if (!nflog && bytes > PREFIX_BYTES) throw new InputError(`'${prefix}' is ${bytes} bytes long, and a prefix in the log ${PREFIX_BYTES} at most`, { path: 'logId' })
    // A template with a prefix of its own keeps it.
    if (list?.has('logPrefix') || list?.has('nflogPrefix')) return this.#logCls(more)
    return this.#logCls(nflog ? { ...more, nflogPrefix: prefix } : { ...more, logPrefix: prefix })
  }

  #legs(): readonly Leg[] {
    const legs: Leg[] = []
    for (const source of orAny(this.sources)) {
      for (const destination of orAny(this.destinations)) {
        const route = source || destination ? `route ${source ?? 'any'} -> ${destination ?? 'any'}` : ''
        const places = [source?.asInput(), destination?.asOutput()].filter((list) => list !== undefined)
        for (const channel of orAny(this.channels)) {
          legs.push({ args: [...places, ...(channel ? [channel] : [])], words: [route, channel && `channel ${channel}`].filter(Boolean).join(', ') })
        }
      }
    }
    return legs
  }

  #comment(words: string): string {
    const plus = this.args.length > 0 ? `plus ${this.args.join(', ')}` : ''
    const all = [words, plus].filter(Boolean).join(', ')
    const { comment = '' } = this
    return shorten(comment === '' || all === '' ? comment + all : `${comment}: ${all}`)
  }
}

/** Each of a list; once nothing where it is empty. */
function orAny<T>(list: readonly T[]): readonly (T | undefined)[] {
  return list.length === 0 ? [undefined] : list
}

function readPolicy(given: unknown): RoutePolicy {
  const policy = typeof given === 'string' ? given.toUpperCase() : given
  if (typeof policy === 'string' && Object.hasOwn(TEMPLATES, policy)) return policy as RoutePolicy
  throw new InputError(`policy must be either ACCEPT, DROP, REJECT or NONE, not '${String(given)}'`, { path: 'policy' })
}

function readFlag(given: unknown): boolean {
  if (given === undefined || typeof given === 'boolean') return given ?? false
  throw new InputError('is true or false', { path: 'log' })
}

function readTemplate(given: unknown): LogTemplate {
  if (given === undefined || given === null) return Log
  if (typeof given === 'function') return given as LogTemplate
  throw new InputError('is a rule, or a function that makes one', { path: 'logCls' })
}

function lists(given: Iterable<ArgumentList> | undefined, path: string): readonly ArgumentList[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) throw new InputError('is a list of Channel, Match and ArgumentList objects', { path })
  const all = [...given]
  all.forEach((one, index) => {
    if (!(one instanceof ArgumentList)) throw new InputError('is no Channel, Match or ArgumentList', { path: `${path}[${index}]` })
  })
  return all
}
