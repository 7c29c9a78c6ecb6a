import { createServer, type Server, type Socket } from 'node:net'
import { type FrameSocket, InputError, TransportError } from '../../netlink/index.js'
import { type Backend, openBackend, requestCheck, TablesHost, type XtablesOptions } from '../../xtables/index.js'
import { Client } from './client.js'
import { ipsetService } from './ipset-service.js'
import { type Limits, limitsOf } from './limits.js'
import { type BoundSocket, bindSocket } from './listen.js'
import type { Log } from './log.js'
import type { Peer } from './peer.js'
import type { Policy } from './policy.js'
import { xtablesService } from './xtables-service.js'

/** How a daemon serves. One of `path` and `fd` has to be given. */
export interface DaemonOptions {
  /** Where to make the Unix socket, with the rights 0660. */
  readonly path?: string | undefined
  /** A Unix socket that has its name already, such as one of systemd's. */
  readonly fd?: number | undefined
  /** Who may do what; what it does not allow is refused. */
  readonly policy: Policy
  /** Where it tells what it does; nowhere unless given. */
  readonly log?: Log | undefined
  /** Whose tables it serves, as `openXtables` takes it. */
  readonly backend?: XtablesOptions['backend'] | undefined
  /** The network namespace that it serves; its own unless given. */
  readonly netns?: string | undefined
  readonly limits?: Partial<Limits> | undefined
}

/** A daemon that serves. */
export interface Daemon {
  /** The path of its socket, where it has made it. */
  readonly path: string | undefined
  readonly backend: 'legacy' | 'nft'
  /** Takes no more connections, finishes the requests that are under way, and closes everything. A second call waits for the first. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Begins to serve the firewall to other programs, over a Unix socket: they open it with `openXtables({ daemon: path })`,
 * `new IPSet({ daemon: path })`. Who they are is what the kernel says of them, what they may is what the policy says. Rejects
 * where the tables cannot be opened, or the socket not be made.
 *
 * @example
 * const policy = await readPolicy({ rules: [{ uid: 1000, tables: { 'ip filter': { access: 'write', chains: ['app-*'] } } }] })
 * const daemon = await openDaemon({ path: '/run/nfkit.sock', policy })
 * process.once('SIGTERM', () => daemon.close())
 */
export async function openDaemon({ path, fd, policy, log = () => {}, backend, netns, limits }: DaemonOptions): Promise<Daemon> {
  if ((path === undefined) === (fd === undefined)) throw new InputError('a daemon needs a path, or the descriptor of a socket, and not both', { path: 'path' })
  const bounds = limitsOf(limits)
  const warn = (text: string) => log({ level: 'warn', event: 'backend', text })
  const tables = await openBackend({ warn, ...(backend === undefined ? {} : { backend }), ...(netns === undefined ? {} : { netns }) })
  let bound: BoundSocket | undefined
  try {
    bound = path === undefined ? undefined : await bindSocket(path)
    const daemon = new Listening(tables, bound, { policy, log, netns, limits: bounds })
    await daemon.listen(bound?.fd ?? (fd as number))
    return daemon
  } catch (error) {
    tables.close()
    bound?.release()
    throw error
  }
}

interface Settings {
  readonly policy: Policy
  readonly log: Log
  readonly netns: string | undefined
  readonly limits: Limits
}

class Listening implements Daemon {
  readonly #tables: Backend
  readonly #host: TablesHost
  readonly #bound: BoundSocket | undefined
  readonly #settings: Settings
  readonly #server: Server
  readonly #clients = new Set<Client>()
  /** Connections of each user. */
  readonly #users = new Map<number, number>()
  #closing: Promise<void> | undefined

  constructor(tables: Backend, bound: BoundSocket | undefined, settings: Settings) {
    this.#tables = tables
    this.#host = new TablesHost(tables, { longest: settings.limits.work })
    this.#bound = bound
    this.#settings = settings
    this.#server = createServer((socket) => this.#accept(socket))
  }

  get path(): string | undefined {
    return this.#bound?.path
  }

  get backend(): 'legacy' | 'nft' {
    return this.#tables.name
  }

  listen(fd: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(new TransportError(`listening at the socket: ${error.message}`, { code: 'ERR_SYSTEM', cause: error }))
      this.#server.once('error', failed)
      this.#server.listen({ fd }, () => {
        this.#server.off('error', failed)
        // What goes wrong with one connection is no reason to end the others.
        this.#server.on('error', (error) => this.#settings.log({ level: 'error', event: 'accept', error: error.message }))
        resolve()
      })
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { closing } = this.#settings.limits
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // Nobody finds the socket any more, and whoever has found it is told.
    this.#bound?.release()
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.destroy()
    }, closing).unref()
    await Promise.all([...this.#clients].map((client) => client.close()))
    await closed
    clearTimeout(timer)
    this.#tables.close()
  }

  #accept(socket: Socket): void {
    const { limits, log } = this.#settings
    const client = new Client(socket, {
      limits,
      log,
      admit: (peer) => this.#admit(peer),
      serve: (name, frames, peer, gone) => this.#serve(name, frames, peer, gone),
      left: (peer) => this.#left(client, peer),
    })
    this.#clients.add(client)
    if (this.#closing) client.destroy()
    else if (this.#clients.size > limits.connections) client.refuse(new TransportError(`the daemon has ${limits.connections} connections already: try again later`, { code: 'ERR_SYSTEM' }))
  }

  #admit({ uid }: Peer): void {
    const { perUser } = this.#settings.limits
    const count = this.#users.get(uid) ?? 0
    if (count >= perUser) throw new TransportError(`user ${uid} has ${perUser} connections to the daemon already: close some of them`, { code: 'ERR_SYSTEM' })
    this.#users.set(uid, count + 1)
  }

  #left(client: Client, peer: Peer | undefined): void {
    this.#clients.delete(client)
    if (!peer) return
    const count = (this.#users.get(peer.uid) ?? 1) - 1
    if (count > 0) this.#users.set(peer.uid, count)
    else this.#users.delete(peer.uid)
  }

  async #serve(name: string, socket: FrameSocket, peer: Peer, gone: AbortSignal) {
    const { policy, log, netns, limits } = this.#settings
    if (name === 'ipset') return { service: await ipsetService(socket, peer, { policy, log, netns }), greeting: {} }
    if (name !== 'xtables') throw new InputError(`there is no service '${name}'; there are xtables and ipset`, { path: 'service' })
    const check = await requestCheck()
    return { service: xtablesService(socket, peer, { host: this.#host, check, policy, log, limits, gone }), greeting: { backend: this.#tables.name } }
  }
}
