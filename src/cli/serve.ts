import { activatedSocket, bindSocket, jsonLog, livePolicy, type Log, notifySystemd, openDaemon, readPolicyFile, removeTemporarySets } from '../iptc/daemon/index.js'
import { NetfilterError } from '../netlink/index.js'
import { HELP, readServeOptions, type ServeOptions, SOCKET } from './serve-options.js'

const EXIT = { ok: 0, failed: 1, usage: 2 } as const

/** `nfkit serve`: the daemon, until a signal ends it. */
export async function main(args: readonly string[]): Promise<number> {
  let options: ServeOptions
  try {
    options = readServeOptions(args)
  } catch (error) {
    process.stderr.write(`nfkit serve: ${(error as Error).message}\nTry 'nfkit serve --help' for more information.\n`)
    return EXIT.usage
  }
  if (options.help) {
    process.stdout.write(HELP)
    return EXIT.ok
  }
  try {
    if (!options.check) return await serve(options)
    await readPolicyFile(options.policy)
    process.stdout.write(`${options.policy} is good\n`)
    return EXIT.ok
  } catch (error) {
    if (!NetfilterError.is(error)) throw error
    process.stderr.write(`nfkit serve: ${error.message}\n`)
    return EXIT.failed
  }
}

async function serve(options: ServeOptions): Promise<number> {
  // A log that nobody reads any more is no reason to end.
  process.stderr.on('error', () => {})
  const log = jsonLog(process.stderr)
  const ending = untilSignal()
  const policy = livePolicy(await readPolicyFile(options.policy))
  let reading = Promise.resolve()
  process.on('SIGHUP', () => {
    reading = reading.then(() => reread(options.policy, policy, log))
  })
  const { backend, netns, limits } = options
  const activated = await activatedSocket()
  const bound = activated === undefined ? await bindSocket(options.socket ?? SOCKET, { mode: options.mode, gid: options.group }) : undefined
  try {
    const daemon = await openDaemon({ fd: activated ?? bound?.fd, policy, log, backend, netns, limits })
    const socket = bound?.path ?? 'of systemd'
    log({ level: 'info', event: 'serving', pid: process.pid, socket, backend: daemon.backend, policy: options.policy, ...(netns === undefined ? {} : { netns }) })
    await tell('READY=1', log)
    log({ level: 'info', event: 'ending', signal: await ending })
    await tell('STOPPING=1', log)
    const closed = daemon.close()
    bound?.release()
    await closed
    await removeTemporarySets(policy, netns)
    log({ level: 'info', event: 'ended' })
    return EXIT.ok
  } finally {
    bound?.release()
  }
}

/** The signal that ends the daemon. The next one does what signals do: it does not wait for what is under way. */
function untilSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGTERM', 'SIGINT'] as const
  return new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      for (const one of signals) process.off(one, end)
      resolve(signal)
    }
    for (const one of signals) process.on(one, end)
  })
}

type Replaceable = ReturnType<typeof livePolicy>

async function reread(path: string, policy: Replaceable, log: Log): Promise<void> {
  await tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, log)
  try {
    policy.become(await readPolicyFile(path))
    log({ level: 'info', event: 'policy', path })
  } catch (error) {
    log({ level: 'error', event: 'policy', path, kept: true, error })
  }
  await tell('READY=1', log)
}

/** Tells systemd how it goes, where systemd asks for that. */
async function tell(state: string, log: Log): Promise<void> {
  try {
    await notifySystemd(state)
  } catch (error) {
    log({ level: 'warn', event: 'notify', error })
  }
}
