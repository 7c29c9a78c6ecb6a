import { type Connected, TransportError } from '../../netlink/index.js'
import { ProtocolError } from '../../netlink/wire/error.js'
import type { Backend, Session, WaitOptions } from '../backend.js'
import type { Family } from '../context.js'
import type { Events, ListenOptions, MonitorEvent, MonitorOptions, TraceEvent } from '../event.js'
import { dictionary, type Ruleset, type Table } from '../ruleset.js'
import { readTable } from './answer.js'
import { DaemonLink } from './link.js'
import type { ReadAnswer } from './request.js'
import { RemoteSession } from './session.js'
import { remoteEvents } from './watch.js'

/** The tables that a daemon owns (`nfkit serve`): asked over its socket, with the rights of this user. */
export class RemoteBackend implements Backend {
  readonly name: 'legacy' | 'nft'
  readonly monitor?: (options: MonitorOptions) => Events<MonitorEvent>
  readonly trace?: (options: ListenOptions) => Events<TraceEvent>
  readonly #link: DaemonLink
  readonly #closing = new AbortController()

  private constructor(link: DaemonLink, name: 'legacy' | 'nft') {
    this.#link = link
    this.name = name
    if (name === 'legacy') return
    this.monitor = ({ signal, resync, receiveBuffer }) => remoteEvents<MonitorEvent>(link.path, { method: 'monitor', resync, receiveBuffer }, [signal, this.#closing.signal])
    this.trace = ({ signal, receiveBuffer }) => remoteEvents<TraceEvent>(link.path, { method: 'trace', receiveBuffer }, [signal, this.#closing.signal])
  }

  /** Connects to a daemon. Throws a TransportError that says what is missing. */
  static async open(path: string): Promise<RemoteBackend> {
    let name: 'legacy' | 'nft' | undefined
    const link = new DaemonLink(path, (greeting) => {
      const found = backendOf(greeting)
      if (name !== undefined && found !== name) throw new TransportError(`the daemon at ${path} has other tables by now (${found}, not ${name}): open it anew`, { code: 'ERR_UNSUPPORTED' })
      name = found
    })
    await link.open()
    return new RemoteBackend(link, name as unknown as 'legacy' | 'nft')
  }

  async read(family: Family, table: string): Promise<Table> {
    const { result, lines } = await this.#link.ask({ method: 'read', family, table })
    return readTable(result as ReadAnswer, lines)
  }

  async readAll(family: Family): Promise<Ruleset> {
    const { result, lines } = await this.#link.ask({ method: 'readAll', family })
    const tables: [string, Table][] = []
    for (const one of result as ReadAnswer[]) tables.push([one.name, await readTable(one, lines)])
    return dictionary(tables)
  }

  async count(): Promise<Record<Family, Record<string, number>>> {
    return (await this.#link.ask({ method: 'count' })).result as Record<Family, Record<string, number>>
  }

  async inUse(): Promise<boolean> {
    return (await this.#link.ask({ method: 'inUse' })).result as boolean
  }

  async begin(options: WaitOptions): Promise<Session> {
    return new RemoteSession(this.#link, this.name, options)
  }

  close(): void {
    this.#closing.abort()
    this.#link.close()
  }
}

function backendOf({ backend }: Connected['greeting']): 'legacy' | 'nft' {
  if (backend === 'legacy' || backend === 'nft') return backend
  throw new ProtocolError('the daemon does not say which tables it has')
}
