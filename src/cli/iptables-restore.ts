import { readFile } from 'node:fs/promises'
import { text as everything } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { InputError } from '../netlink/index.js'
import { type Command, type Needs, restoreInto, type RestoreLine, restoreLines, TextError } from '../xtables/index.js'
import { announce } from './iptables-list.js'
import { asTold, checkTransport, deleteBuiltIn, type Draft, dropUnnamed, resetPolicies } from './iptables-nft.js'
import { EXIT, inFull, report, type Tool, version, withFirewall } from './iptables-tool.js'

/** `iptables-restore`: text into tables, all of it or nothing. */
export async function main(tool: Tool, args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof read>
  let text: string
  try {
    options = read(args)
    if (options.version || options.help) {
      process.stdout.write(options.help ? usage(tool) : `${await version(tool)}\n`)
      return EXIT.ok
    }
    text = await input(options.file)
  } catch (error) {
    process.stderr.write(`${tool.name}: ${(error as Error).message}\nTry '${tool.name} -h' for more information.\n`)
    return EXIT.other
  }
  const { counters, noflush, table, test, wait, interval, verbose } = options
  const code = await withFirewall(tool, async (xt) => {
    const say = (text: string) => verbose && process.stdout.write(text)
    if (interval && wait === 0 && xt.backend === 'legacy') throw new InputError('option --wait-interval requires option --wait')
    try {
      const lines = [...restoreLines(text, { family: tool.family, counters, table })]
      if (xt.backend === 'nft') for (const line of lines) if (line.kind === 'command') checkTransport(line.command.rules, line.line)
      await xt.transaction(async (tx) => {
        const opened = new Set<Draft>()
        // Of these tables `-X` takes away what is empty. They are looked at in the end: rules may still come.
        const cleaned = new Map<Draft, Command>()
        let last: Draft | undefined
        const open = async (name: string, needs: Needs) => {
          const draft = await tx[tool.family].draft(name, needs)
          last = draft
          if (noflush || opened.has(draft)) return draft
          opened.add(draft)
          say(emptied(draft.inOrder()))
          if (xt.backend === 'nft') resetPolicies(draft)
          return draft
        }
        const taken = (line: RestoreLine) => {
          if (line.kind === 'comment') say(`${line.text}\n`)
          if (line.kind !== 'command') return
          const command = xt.backend === 'nft' ? asTold(line.command) : line.command
          if (xt.backend === 'nft' && command.letter === 'X' && command.chain === undefined && last) cleaned.set(last, command)
          say(announce(tool.family, { ...command, verbose: 1 }, [command.chain ?? '']))
        }
        await restoreInto(watched(lines, taken), open, { noflush })
        if (xt.backend === 'nft') opened.forEach(dropUnnamed)
        for (const [draft, command] of cleaned) deleteBuiltIn(draft, command)
      }, { test, wait: wait > 0 ? wait * 1000 : Number.POSITIVE_INFINITY })
      return EXIT.ok
    } catch (error) {
      if (!TextError.is(error)) throw error
      const reported = report(tool, error)
      process.stderr.write(`Error occurred at line: ${error.line}\n`)
      // Words that make no sense, or a change that cannot be made and lines that are out of place.
      return error.cause === undefined || TextError.is(error.cause) ? reported : EXIT.other
    }
  })
  // A table that cannot be read is one that makes no sense, here.
  return code === EXIT.version ? EXIT.parameter : code
}

/** What `-v` says of a table that is emptied. */
function emptied(chains: readonly { readonly name: string; readonly hook: number }[]): string {
  const own = chains.filter(({ hook }) => hook < 0)
  return [...chains.map(({ name }) => `Flushing chain \`${name}'\n`), ...own.map(({ name }) => `Deleting chain \`${name}'\n`)].join('')
}

/** The lines, one by one; `taken` hears of each when it has been taken. */
function* watched(lines: readonly RestoreLine[], taken: (line: RestoreLine) => void): Generator<RestoreLine> {
  for (const line of lines) {
    yield line
    taken(line)
  }
}

async function input(file: string | undefined): Promise<string> {
  try {
    return await (file === undefined ? everything(process.stdin) : readFile(file, 'utf8'))
  } catch (cause) {
    throw new InputError(`can't open ${file ?? 'standard input'}: ${(cause as Error).message}`, { cause })
  }
}

const OPTIONS = {
  binary: { type: 'boolean', short: 'b' },
  counters: { type: 'boolean', short: 'c' },
  verbose: { type: 'boolean', short: 'v', multiple: true },
  version: { type: 'boolean', short: 'V' },
  test: { type: 'boolean', short: 't' },
  help: { type: 'boolean', short: 'h' },
  noflush: { type: 'boolean', short: 'n' },
  wait: { type: 'string', short: 'w' },
  'wait-interval': { type: 'string', short: 'W' },
  modprobe: { type: 'string', short: 'M' },
  table: { type: 'string', short: 'T' },
} as const

function read(args: readonly string[]) {
  const given = optionalValues(inFull(args, Object.keys(OPTIONS)))
  const { values, positionals } = parseArgs({ args: given, allowPositionals: true, options: OPTIONS })
  if (positionals.length > 1) throw new InputError('unknown arguments found on commandline')
  const wait = Number(values.wait ?? 0)
  if (!Number.isInteger(wait)) throw new InputError('wait seconds not numeric')
  const { counters = false, noflush = false, test = false, verbose, version, help, table } = values
  return { counters, noflush, test, verbose: verbose !== undefined, version, help, table, wait, interval: values['wait-interval'] !== undefined, file: positionals[0] }
}

/** `-w` and `-W` may stand without a value, which parseArgs has no word for: `-1` stands for as long as it takes. */
function optionalValues(args: readonly string[]): string[] {
  const given: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    const name = /^(?:-w|--wait)$/.test(arg) ? '--wait' : /^(?:-W|--wait-interval)$/.test(arg) ? '--wait-interval' : undefined
    if (name === undefined) given.push(arg)
    else if (/^\d+$/.test(args[i + 1] ?? '')) given.push(`${name}=${args[++i]}`)
    else given.push(`${name}=-1`)
  }
  return given
}

function usage(tool: Tool): string {
  return `Usage: ${tool.name} [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-w secs] [-W usecs] [file]
  [ --counters ]               take the counters of the input, too
  [ --verbose ]                print the comments of the input
  [ --version ]
  [ --test ]                   read and check the input, change nothing
  [ --help ]
  [ --noflush ]                add to what is in the tables
  [ --table=<TABLE> ]          take this table alone
  [ --wait=<seconds> ]         wait for the lock
  [ --wait-interval=<usecs> ]  taken, and without meaning
  [ --modprobe=<command> ]     taken, and without meaning: no other program is run
All tables of the input change together, or none of them.
`
}
