#!/usr/bin/env node
import { basename } from 'node:path'
import { VERSION } from '../version.js'
import type { Tool } from './iptables-tool.js'

type Command = () => Promise<{ main(args: readonly string[]): Promise<number> }>

/** A command of iptables under one of its names; `-legacy` or `-nft` in it pins the backend. */
function iptables(family: 'ip' | 'ip6', kind: '' | '-save' | '-restore', pin: '' | '-legacy' | '-nft'): [string, Command] {
  const base = family === 'ip' ? 'iptables' : 'ip6tables'
  const tool: Tool = { name: `${base}${kind}`, family, backend: pin === '' ? 'auto' : pin === '-nft' ? 'nft' : 'legacy' }
  const load = kind === '' ? () => import('./iptables.js') : kind === '-save' ? () => import('./iptables-save.js') : () => import('./iptables-restore.js')
  return [`${base}${pin}${kind}`, async () => ({ main: async (args) => (await load()).main(tool, args) })]
}

const FAMILIES = ['ip', 'ip6'] as const

/** Every command by the names it goes by; started under one of them (a symlink), this program is that command. */
const COMMANDS: Readonly<Record<string, Command>> = {
  ipset: () => import('./ipset.js'),
  serve: () => import('./serve.js'),
  ...Object.fromEntries(
    FAMILIES.flatMap((family) =>
      (['', '-legacy', '-nft'] as const).flatMap((pin) => (['', '-save', '-restore'] as const).map((kind) => iptables(family, kind, pin))),
    ),
  ),
}

const USAGE = `nfkit ${VERSION}: the Linux firewall without its C tools

Usage: nfkit COMMAND [ARGUMENT...]

Commands:
  ipset                            as ipset(8): create, fill, list, save and restore IP sets
  iptables, ip6tables              as iptables(8): one change of a table, or a list of its rules
  iptables-save, ip6tables-save    tables as text
  iptables-restore, ip6tables-restore
                                   text into tables, all of it or nothing
  iptables-nft, iptables-nft-save, ..., iptables-legacy, iptables-legacy-save, ...
                                   the same, on nf_tables or on the legacy tables whatever else there is
  serve                            the firewall for programs that are not root, over a Unix socket: 'nfkit serve --help'

Each but 'serve' takes the arguments of the program it is named after: 'nfkit ipset help', 'nfkit iptables -h'.
A symlink with a command's name to nfkit is that command.
With NFKIT_DAEMON=PATH in the environment they go through the daemon that listens at that path.
`

function commandNamed(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
}

async function run(name: string, args: readonly string[]): Promise<number> {
  const self = commandNamed(name)
  if (self) return (await self()).main(args)
  const [command, ...rest] = args
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(USAGE)
    return command === undefined ? 2 : 0
  }
  if (command === '--version' || command === '-v' || command === 'version') {
    process.stdout.write(`nfkit ${VERSION}\n`)
    return 0
  }
  const load = commandNamed(command)
  if (load) return (await load()).main(rest)
  process.stderr.write(`nfkit: there is no command '${command}'; there are ${Object.keys(COMMANDS).join(', ')}. Try 'nfkit help'.\n`)
  return 2
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has left, as `head` does: no fault of ours, nor of anybody.
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`nfkit: cannot write to standard output: ${error.message}\n`)
  process.exit(1)
})
run(basename(process.argv[1] ?? 'nfkit'), process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`nfkit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
