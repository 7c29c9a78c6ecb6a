import { DeniedError, InputError, KernelError, TransportError } from '../netlink/index.js'
import { VERSION } from '../version.js'
import { ConflictError, detect, type Family, LockError, openXtables, TextError, type Xtables } from '../xtables/index.js'
import { throughDaemon } from './daemon-path.js'

/** The version of iptables whose options, output and exit codes these commands have. */
export const TOOL_VERSION = '1.8.9'

/** Exit codes of iptables (include/xtables.h: enum xtables_exittype). */
export const EXIT = { ok: 0, other: 1, parameter: 2, version: 3, resource: 4 } as const

/** Which of the tools a command is. */
export interface Tool {
  /** `iptables`, `ip6tables-restore`, … */
  readonly name: string
  readonly family: Family
  readonly backend: 'auto' | 'legacy' | 'nft'
}

/** How the C tools call the backends. */
const VARIANTS = { nft: 'nf_tables', legacy: 'legacy' } as const

/** `iptables v1.8.9 (nf_tables)`, as scripts expect it, and who it is really. */
export async function version(tool: Tool): Promise<string> {
  const backend = tool.backend === 'auto' ? await backendInUse() : tool.backend
  return `${tool.name} v${TOOL_VERSION} (${VARIANTS[backend]}), nfkit ${VERSION}`
}

async function backendInUse(): Promise<'legacy' | 'nft'> {
  const way = throughDaemon()
  if (way.daemon !== undefined) {
    try {
      await using xt = await openXtables(way)
      return xt.backend
    } catch (error) {
      // A version is told whatever else there is not.
      if (!TransportError.is(error) && !DeniedError.is(error)) throw error
    }
  }
  return (await detect()).backend
}

/** Long options with their names in full: `--count` is `--counters` where no other begins so. */
export function inFull(args: readonly string[], names: readonly string[]): string[] {
  return args.map((arg) => {
    const [, given, value] = /^--([\w-]+)(=.*)?$/s.exec(arg) ?? []
    if (given === undefined || names.includes(given)) return arg
    const like = names.filter((name) => name.startsWith(given))
    return like.length === 1 ? `--${like[0]}${value ?? ''}` : arg
  })
}

/** Runs a command on the firewall and turns what goes wrong into words and an exit code. */
export async function withFirewall(tool: Tool, run: (xt: Xtables) => Promise<number>): Promise<number> {
  let backend: Xtables['backend'] | undefined
  try {
    await using xt = await openXtables({ backend: tool.backend, ...throughDaemon(), warn: (text) => process.stderr.write(`# Warning: ${text}\n`) })
    backend = xt.backend
    return await run(xt)
  } catch (error) {
    const code = report(tool, error)
    return backend === 'nft' && isOfKernel(error) ? EXIT.resource : code
  }
}

/** Whether the kernel has refused a change, or would: iptables-nft leaves those to it that are about a rule or a chain. */
function isOfKernel(error: unknown): boolean {
  if (TextError.is(error)) return false
  return (KernelError.is(error) && error.request?.startsWith('commit') === true) || (InputError.is(error) && error.path !== '')
}

/** Says what went wrong; the exit code that iptables has for it. */
export function report(tool: Tool, error: unknown): number {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  if (TextError.is(error)) {
    say(`${tool.name}: ${error.message}`)
    say(`Try '${tool.name} -h' for more information.`)
    return EXIT.parameter
  }
  if (LockError.is(error) || ConflictError.is(error) || DeniedError.is(error)) {
    say(`${tool.name}: ${error.message}`)
    return EXIT.resource
  }
  if (TransportError.is(error)) {
    say(`${tool.name}: ${error.message}`)
    return EXIT.version
  }
  if (KernelError.is(error)) {
    say(`${tool.name}: ${error.message}`)
    return error.request?.startsWith('reading') ? EXIT.version : EXIT.other
  }
  if (InputError.is(error)) {
    say(`${tool.name}: ${error.message}`)
    return EXIT.other
  }
  throw error
}
