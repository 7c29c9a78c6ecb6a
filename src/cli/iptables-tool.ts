import { InputError, KernelError, TransportError } from '../netlink/index.js'
import { VERSION } from '../version.js'
import { type Family, LockError, openXtables, TextError, type Xtables } from '../xtables/index.js'

/** The version of iptables whose options, output and exit codes these commands have. */
export const TOOL_VERSION = '1.8.9'

/** Exit codes of iptables (include/xtables.h: enum xtables_exittype). */
export const EXIT = { ok: 0, other: 1, parameter: 2, version: 3, resource: 4 } as const

/** Which of the tools a command is. */
export interface Tool {
  /** `iptables`, `ip6tables-restore`, … */
  readonly name: string
  readonly family: Family
  readonly backend: 'auto' | 'legacy'
}

/** `iptables v1.8.9 (legacy)`, as scripts expect it, and who it is really. */
export function version(tool: Tool): string {
  return `${tool.name} v${TOOL_VERSION} (legacy), nfkit ${VERSION}`
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
  try {
    await using xt = await openXtables({ backend: tool.backend })
    return await run(xt)
  } catch (error) {
    return report(tool, error)
  }
}

/** Says what went wrong; the exit code that iptables has for it. */
export function report(tool: Tool, error: unknown): number {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  if (TextError.is(error)) {
    say(`${tool.name}: ${error.message}`)
    say(`Try '${tool.name} -h' for more information.`)
    return EXIT.parameter
  }
  if (LockError.is(error)) {
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
