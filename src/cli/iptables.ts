import { InputError } from '../netlink/index.js'
import { applyCommand, type Command, needsOf, parseCommand, type Table, TextError, type Words, type Xtables } from '../xtables/index.js'
import { help } from './iptables-help.js'
import { resolveHosts } from './iptables-hosts.js'
import { announce, type Listing, listTable, showRules } from './iptables-list.js'
import { asTold, checkTransport, deleteBuiltIn, warnOfLegacy } from './iptables-nft.js'
import { EXIT, report, type Tool, version, withFirewall } from './iptables-tool.js'

/** `iptables` and `ip6tables`: one command, one change. */
export async function main(tool: Tool, args: readonly string[]): Promise<number> {
  let command: Command
  try {
    command = parseCommand(wordsOf(await resolveHosts(args, tool.family)), tool.family)
  } catch (error) {
    return report(tool, error)
  }
  if (command.info) {
    process.stdout.write(command.info === 'help' ? help(tool) : `${await version(tool)}\n`)
    return EXIT.ok
  }
  return withFirewall(tool, (xt) => run(tool, xt, command))
}

/** Words as a shell gives them; columns count as if blanks stood between them. */
function wordsOf(args: readonly string[]): Words {
  const columns: number[] = []
  let column = 1
  for (const arg of args) {
    const bad = arg.search(/[\0\n\r]/)
    if (bad >= 0) throw new TextError('a line break cannot stand in a rule', { column: column + bad })
    columns.push(column)
    column += arg.length + 1
  }
  return { words: [...args], columns }
}

async function run(tool: Tool, xt: Xtables, command: Command): Promise<number> {
  const { letter, table = 'filter', chain } = command
  // iptables 1.8.9 waits as long as it takes unless it is told a time, whatever its manual says.
  const wait = command.wait > 0 ? command.wait * 1000 : Number.POSITIVE_INFINITY
  const reading = xt[tool.family]
  const nft = xt.backend === 'nft'
  if (nft) checkTransport(command.rules)
  if (letter === 'L' || letter === 'S') {
    warnOfLegacy(tool)
    await show(tool, command, await reading.read(table))
    if (!command.zero) return EXIT.ok
  }
  if (letter === 'C') return check(tool, command, xt, wait)
  const done = await xt.transaction(async (tx) => {
    const draft = await tx[tool.family].draft(table, needsOf(command))
    const touched = letter === 'X' ? draft.inOrder().filter(({ hook }) => hook < 0) : draft.inOrder()
    if (nft && letter === 'X' && deleteBuiltIn(draft, command)) return []
    applyCommand(draft, command)
    return chain === undefined ? touched.map(({ name }) => name) : [chain]
  }, { wait })
  process.stdout.write(announce(tool.family, nft ? asTold(command) : command, done))
  return EXIT.ok
}

async function show(tool: Tool, command: Command, table: Table): Promise<void> {
  const { chain, letter } = command
  if (chain !== undefined && !table[chain]) throw new InputError('no chain/target/match by that name')
  const listing: Listing = { family: tool.family, table, command }
  for await (const text of letter === 'L' ? listTable(listing) : showRules(listing)) {
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}

/** Looks for rules; 1 where one of them is missing. Nothing is changed, so that no commit is made. */
async function check(tool: Tool, command: Command, xt: Xtables, wait: number): Promise<number> {
  await xt.transaction(async (tx) => applyCommand(await tx[tool.family].draft(command.table ?? 'filter', needsOf(command)), command), { wait })
  process.stdout.write(announce(tool.family, xt.backend === 'nft' ? asTold(command) : command, []))
  return EXIT.ok
}
