import {
  type Acknowledgement, beginNfMessage, type CallOptions, type Connection, errnoName, errnoText, finishMessage, KernelError, type Message,
  messageType, NLM_F, readNfGenMsg, SUBSYSTEM, TransportError,
} from '../../netlink/index.js'
import type { Writer } from '../../netlink/wire/cursor.js'
import { Stale } from '../backend.js'
import { addressFamily, type Family } from '../context.js'
import { ChainAttributes, CompatQuestion, Generation, MESSAGE, RuleAttributes, TableAttributes } from './messages.js'
import { type KernelRule, RuleList } from './rules.js'

/** A chain as the kernel has it. */
export interface KernelChain {
  readonly table: string
  readonly name: string
  readonly handle: bigint
  /** Where packets enter it; undefined for a chain that others jump to. */
  readonly hook: number | undefined
  readonly policy: 'ACCEPT' | 'DROP' | undefined
  readonly packets: bigint
  readonly bytes: bigint
  /** Rules in it and jumps to it. */
  readonly use: number
}

type Attributes = (writer: Writer) => void

/** Which rules are listed. */
interface RuleOptions extends CallOptions {
  /** Those of this chain alone. */
  readonly chain?: string | undefined
  readonly each?: ((rule: KernelRule) => void) | undefined
}

const NO_ATTRIBUTES: Attributes = () => {}

/** Requests of nf_tables on one socket. What is read is of one generation, or a Stale is thrown. */
export class Link {
  readonly connection: Connection
  /** The list that is being read: the kernel refuses a second one on the same socket. */
  #listing: Promise<unknown> = Promise.resolve()

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** The number of commits so far. Throws a TransportError where there is no nf_tables, or no right to it. */
  async generation(options?: CallOptions): Promise<number> {
    let id = 0
    await this.#ask('asking for the generation', MESSAGE.getGeneration, 0, 'data', NO_ATTRIBUTES, (message) => {
      readNfGenMsg(message)
      id = Generation.read(message.body).id ?? 0
    }, options)
    return id
  }

  /** The names of the tables of a family. */
  async tables(family: Family, generation: number, options?: CallOptions): Promise<string[]> {
    return this.#list('listing tables', MESSAGE.getTable, family, generation, NO_ATTRIBUTES, (message) => TableAttributes.read(message.body).name ?? '', options)
  }

  /** The chains of all tables of a family. */
  async chains(family: Family, generation: number, options?: CallOptions): Promise<KernelChain[]> {
    return this.#list('listing chains', MESSAGE.getChain, family, generation, NO_ATTRIBUTES, readChain, options)
  }

  /** The rules of a table, or of one of its chains. `each` is called with every rule as it arrives, before more are waited for. */
  async rules(family: Family, generation: number, table: string, options: RuleOptions = {}): Promise<KernelRule[]> {
    const { chain, each } = options
    const wanted = chain === undefined ? { table } : { table, chain }
    const rules = new RuleList()
    await this.#list('listing rules', MESSAGE.getRule, family, generation, (writer) => RuleAttributes.write(writer, wanted), (message) => {
      const rule = rules.add(message.body)
      each?.(rule)
    }, options)
    return rules.all
  }

  /** Whether the kernel has an extension in this revision, and may use it for a family. */
  async hasRevision(family: Family, type: 'match' | 'target', name: string, revision: number, options?: CallOptions): Promise<boolean> {
    try {
      const kind = messageType(SUBSYSTEM.compat, 0)
      const build: Attributes = (writer) => CompatQuestion.write(writer, { name, revision, type: type === 'match' ? 0 : 1 })
      // Its answer has NLM_F_MULTI, and no end: only the acknowledgement ends it.
      await this.#ask('asking for an extension', kind, addressFamily(family), 'ack', build, () => {}, options)
      return true
    } catch (error) {
      if (KernelError.is(error) && (error.errnoName === 'ENOENT' || error.errnoName === 'EPROTONOSUPPORT')) return false
      throw error
    }
  }

  #ask(label: string, command: number, family: number, ending: 'data' | 'ack', build: Attributes, read: (message: Message) => void, options?: CallOptions): Promise<void> {
    const type = command > 0xff ? command : messageType(SUBSYSTEM.nftables, command)
    return this.connection.request(
      label,
      ending,
      (writer, sequence) => {
        const start = beginNfMessage(writer, type, NLM_F.request | (ending === 'ack' ? NLM_F.ack : 0), family, sequence)
        build(writer)
        finishMessage(writer, start)
      },
      {
        message: read,
        acknowledged: (ack) => {
          if (ack.errno !== 0) throw refusal(label, ack)
        },
      },
      options,
    )
  }

  #list<T>(label: string, command: number, family: Family, generation: number, build: Attributes, read: (message: Message) => T, options?: CallOptions): Promise<T[]> {
    const turn = this.#listing.then(() => this.#read(label, command, family, generation, build, read, options))
    this.#listing = turn.catch(() => {})
    return turn
  }

  async #read<T>(label: string, command: number, family: Family, generation: number, build: Attributes, read: (message: Message) => T, options: CallOptions = {}): Promise<T[]> {
    let stale = false
    const found: T[] = []
    const whole = await this.connection.collect(
      label,
      (writer, sequence) => {
        const type = messageType(SUBSYSTEM.nftables, command)
        const start = beginNfMessage(writer, type, NLM_F.request | NLM_F.dump, addressFamily(family), sequence)
        build(writer)
        finishMessage(writer, start)
      },
      (message) => {
        // The kernel puts the lower half of the generation where other subsystems have their resource.
        if (readNfGenMsg(message).resource !== (generation & 0xffff)) stale = true
        if (!stale) found.push(read(message))
      },
      // A table that has gone meanwhile holds nothing.
      (ack) => (errnoName(ack.errno) === 'ENOENT' ? new Stale('what was to be listed has gone') : refusal(label, ack)),
      options,
    )
    // Nothing says of which generation an empty list is.
    if (stale || !whole || (found.length === 0 && (await this.generation(options)) !== generation)) throw new Stale('the tables were changed while they were read')
    return found
  }
}

/** The error for a question that the kernel does not answer. */
export function refusal(label: string, { errno, message }: Acknowledgement): Error {
  const name = errnoName(errno)
  if (name === 'EPERM') return TransportError.system(label, errno)
  // nfnetlink knows no such subsystem, and could not load its module.
  if (label.includes('generation') && (name === 'EINVAL' || name === 'EOPNOTSUPP')) {
    return new TransportError('this kernel has no nf_tables: the module nf_tables may have to be loaded', { code: 'ERR_UNSUPPORTED', errno })
  }
  const words = message === undefined ? '' : `: ${message}`
  return new KernelError(`${label}: ${errnoText(errno)} (${name})${words}`, { errno, request: label, kernelMessage: message })
}

function readChain({ body }: Message): KernelChain {
  const { table = '', name = '', handle = 0n, hook, policy, counters, use = 0 } = ChainAttributes.read(body)
  return {
    table, name, handle, use,
    hook: hook?.number,
    policy: hook === undefined ? undefined : policy === 0 ? 'DROP' : 'ACCEPT',
    packets: counters?.packets ?? 0n,
    bytes: counters?.bytes ?? 0n,
  }
}
