import { TransportError } from '../netlink/index.js'
import { InputError } from '../netlink/wire/error.js'
import { demandOptions } from '../netlink/wire/suggestion.js'
import { type Backend, Stale, type WaitOptions } from './backend.js'
import type { Family } from './context.js'
import { ConflictError } from './error.js'
import type { Events, ListenOptions, MonitorEvent, MonitorOptions, TraceEvent } from './event.js'
import { NftBackend } from './nft/backend.js'
import { LegacyBackend } from './legacy/backend.js'
import { RemoteBackend } from './remote/backend.js'
import { openUsed } from './detect.js'
import type { Ruleset, Table } from './ruleset.js'
import { Changes } from './transaction.js'

/** The kernel doubles it, and holds it in 32 bits with a sign. */
const MOST_BUFFER = 0x3fff_ffff

/** Which tables to speak to, and where. */
export interface XtablesOptions {
  /**
   * `nft`: the tables of iptables-nft, by netlink; `legacy`: those of iptables-legacy; `auto`, unless given: whichever is in
   * use (it holds rules, chains of users, or a policy that drops), nf_tables where both or neither are.
   */
  readonly backend?: 'auto' | 'legacy' | 'nft'
  /** A network namespace by its name (`ip netns`) or an absolute path; the process's own unless given. */
  readonly netns?: string
  /** Is told when both backends are in use: which rules those are that this connection does not show. A warning of the process unless given. */
  readonly warn?: (text: string) => void
  /**
   * The path of the socket that a daemon listens at (`nfkit serve`), which owns the tables and decides what this user may do:
   * they are asked for there. The daemon has its backend and its namespace; `backend` may name the one it is to have.
   */
  readonly daemon?: string
}

/** How a transaction is run. */
export interface TransactionOptions extends WaitOptions {
  /** How many times to plan, when others change the tables meanwhile: with growing pauses in between. 100 unless given. */
  readonly attempts?: number | undefined
  /** Plans and checks, and then changes nothing. */
  readonly test?: boolean | undefined
}

/** The names of XtablesOptions. */
export const XTABLES_OPTIONS: readonly (keyof XtablesOptions)[] = ['backend', 'netns', 'warn', 'daemon']
const TRANSACTION_OPTIONS: readonly (keyof TransactionOptions)[] = ['attempts', 'test', 'wait', 'signal']

const ATTEMPTS = 100
/** Milliseconds. */
const LONGEST_PAUSE = 50

/** What is changed in a transaction, by family. */
export interface Transaction {
  /** Changes of the tables of iptables. */
  readonly ip: Changes
  /** Changes of the tables of ip6tables. */
  readonly ip6: Changes
}

/** The tables of one family, for reading. */
export interface Reading {
  /** A table as plain data, counters included. Throws a KernelError (ENOENT) where there is no such table. */
  read(table: string): Promise<Table>
  /** All tables that are there. */
  readAll(): Promise<Ruleset>
}

/** The firewall of this machine, or of a network namespace. Close it when done: `await using`, or `close()`. */
export class Xtables {
  /** The tables of iptables. */
  readonly ip: Reading
  /** The tables of ip6tables. */
  readonly ip6: Reading
  readonly #backend: Backend
  #open = true

  constructor(backend: Backend) {
    this.#backend = backend
    this.ip = this.#reading('ip')
    this.ip6 = this.#reading('ip6')
  }

  /** Which tables it speaks to. */
  get backend(): 'legacy' | 'nft' {
    return this.#backend.name
  }

  /**
   * Runs `plan`, then commits what it has planned: all of it, or nothing. It is run again when others were faster, so it
   * should do nothing else that counts. Resolves to what `plan` gives. Throws what is wrong with a change (InputError),
   * what the kernel has against a rule (KernelError), a ConflictError or a LockError.
   *
   * @example
   * await xt.transaction((tx) => {
   *   tx.ip.append('filter', 'INPUT', parseRule('-p tcp --dport 22 -j ACCEPT'))
   * })
   */
  async transaction<T>(plan: (tx: Transaction) => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    demandOptions(options, TRANSACTION_OPTIONS)
    const { attempts = ATTEMPTS } = options
    for (let attempt = 1; ; attempt++) {
      this.#checkOpen()
      const session = await this.#backend.begin(options)
      try {
        const tx = { ip: new Changes('ip', session), ip6: new Changes('ip6', session) }
        const result = await planned(plan, tx)
        await tx.ip.settle()
        await tx.ip6.settle()
        await session.commit(options.test ?? false)
        return result
      } catch (error) {
        if (!(error instanceof Stale)) throw error
        if (attempt >= attempts) {
          const advice = 'another program changes these tables without taking the lock, or all the time'
          throw new ConflictError(`${error.message}, ${attempts} times in a row: ${advice}`, { attempts, cause: error })
        }
      } finally {
        session.end()
      }
      // Those who meet again and again part by chance.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE)))
    }
  }

  /**
   * Tells of every commit to nf_tables: which rules, chains and tables it added, deleted or changed, and which program made
   * it; its own commits, too. It listens at once: what happens after `ready` has resolved is not missed, what happens while
   * nobody reads waits. Lost events are an event. Throws a TransportError (ERR_UNSUPPORTED) on the legacy tables.
   *
   * @example
   * for await (const event of xt.monitor()) {
   *   if (event.type === 'rule-added') console.log(event.program, event.table, event.chain, formatRule(event.rule))
   * }
   */
  monitor(options: MonitorOptions = {}): Events<MonitorEvent> {
    this.#checkOpen()
    checkListening(options, ['resync'])
    if (this.#backend.monitor) return this.#backend.monitor(options)
    throw new TransportError('the legacy tables announce no changes: only nf_tables does', { code: 'ERR_UNSUPPORTED' })
  }

  /**
   * Tells of each packet that a rule with `-j TRACE` has marked which rules it met in the tables of its family, what became of
   * it at each of them, and the policy that decided in the end. Lost events are an event. Throws a TransportError
   * (ERR_UNSUPPORTED) on the legacy tables.
   *
   * @example
   * await xt.transaction((tx) => tx.ip.append('raw', 'PREROUTING', parseRule('-p tcp --dport 443 -j TRACE')))
   * for await (const step of xt.trace({ signal: AbortSignal.timeout(10_000) })) {
   *   if (step.type === 'rule') console.log(step.packet, step.table, step.text, step.verdict)
   * }
   */
  trace(options: ListenOptions = {}): Events<TraceEvent> {
    this.#checkOpen()
    checkListening(options)
    if (this.#backend.trace) return this.#backend.trace(options)
    throw new TransportError('the legacy tables trace to the log of the kernel: only nf_tables tells programs', { code: 'ERR_UNSUPPORTED' })
  }

  /** Closes its sockets, and ends what listens. Closing twice is once. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#backend.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #reading(family: Family): Reading {
    return {
      read: async (table) => {
        this.#checkOpen()
        return this.#backend.read(family, table)
      },
      readAll: async () => {
        this.#checkOpen()
        return this.#backend.readAll(family)
      },
    }
  }

  #checkOpen(): void {
    if (!this.#open) throw new InputError('this connection to the firewall is closed')
  }
}

/** Runs a plan to its end; what is planned behind that would be lost. */
async function planned<T>(plan: (tx: Transaction) => T | Promise<T>, tx: Transaction): Promise<T> {
  try {
    return await plan(tx)
  } finally {
    tx.ip.end()
    tx.ip6.end()
  }
}

/** Opens the firewall, or a connection to the daemon that owns it. Nothing is changed by that. Throws a TransportError that says what is missing. */
export async function openXtables(options: XtablesOptions = {}): Promise<Xtables> {
  demandOptions(options, XTABLES_OPTIONS)
  return new Xtables(await openBackend(options))
}

/** The way to the tables that the options ask for. */
export async function openBackend({ backend = 'auto', netns, warn = warnOfProcess, daemon }: XtablesOptions = {}): Promise<Backend> {
  if (backend !== 'nft' && backend !== 'legacy' && backend !== 'auto') {
    throw new InputError(`there is no backend '${String(backend)}'; there are auto, nft and legacy`, { path: 'backend' })
  }
  if (daemon !== undefined) return openRemote(daemon, backend, netns)
  if (backend === 'nft') return NftBackend.open({ netns })
  if (backend === 'legacy') return LegacyBackend.open({ netns })
  const chosen = await openUsed({ netns })
  if (chosen.warning !== undefined) warn(chosen.warning)
  return chosen.backend
}

async function openRemote(daemon: string, backend: 'auto' | 'legacy' | 'nft', netns: string | undefined): Promise<Backend> {
  if (netns !== undefined) throw new InputError('a daemon has a network namespace of its own: leave this out, or the daemon', { path: 'netns' })
  const remote = await RemoteBackend.open(daemon)
  if (backend === 'auto' || backend === remote.name) return remote
  remote.close()
  throw new TransportError(`the daemon at ${daemon} has the ${remote.name} tables, not the ${backend} ones that are asked for`, { code: 'ERR_UNSUPPORTED' })
}

function checkListening(options: ListenOptions, more: readonly string[] = []): void {
  demandOptions(options, ['signal', 'receiveBuffer', ...more])
  const { receiveBuffer = 1 } = options
  if (!Number.isInteger(receiveBuffer) || receiveBuffer < 1 || receiveBuffer > MOST_BUFFER) {
    throw new InputError(`'${String(receiveBuffer)}' is no number of bytes from 1 to ${MOST_BUFFER}`, { path: 'receiveBuffer' })
  }
}

function warnOfProcess(text: string): void {
  process.emitWarning(text, 'FirewallWarning')
}
