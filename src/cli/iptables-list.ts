import { lookupService } from 'node:dns/promises'
import { type Chain, type Command, type Family, formatRule, listCount, listHeader, listRule, type Rule, type Table } from '../xtables/index.js'
import { networks } from './iptables-hosts.js'

/** What to list, and how. */
export interface Listing {
  readonly family: Family
  readonly table: Table
  readonly command: Command
}

function chains({ table, command }: Listing): [string, Chain][] {
  const all = Object.entries(table)
  return command.chain === undefined ? all : all.filter(([name]) => name === command.chain)
}

/** `iptables -L`, piece by piece. */
export async function* listTable(listing: Listing): AsyncGenerator<string> {
  const { family, command } = listing
  const { number, numeric, exact, lineNumbers } = command
  const verbose = command.verbose > 0
  const names = numeric ? undefined : await namesOf(listing)
  let first = true
  for (const [name, chain] of chains(listing)) {
    let text = first ? '' : '\n'
    first = false
    if (number === undefined) {
      text += `Chain ${name} ${chainHead(listing, name, chain)}\n`
      text += `${listHeader({ verbose, exact, ...(lineNumbers ? { number: 1 } : {}) })}\n`
    }
    for (const [index, rule] of chain.rules.entries()) {
      if (number !== undefined && number !== index + 1) continue
      text += `${listRule(rule, { family, numeric, verbose, exact, ...(lineNumbers ? { number: index + 1 } : {}), ...(names ? { names } : {}) })}\n`
      if (text.length > 65_536) {
        yield text
        text = ''
      }
    }
    yield text
  }
}

function chainHead({ table, command }: Listing, name: string, { policy, counters }: Chain): string {
  if (policy === undefined) return `(${references(table, name)} references)`
  if (command.verbose === 0) return `(policy ${policy})`
  const amount = (value: bigint) => listCount(value, command.exact, 0)
  return `(policy ${policy} ${amount(counters?.packets ?? 0n)} packets, ${amount(counters?.bytes ?? 0n)} bytes)`
}

function references(table: Table, name: string): number {
  const leadsThere = ({ target }: Rule) => target && (('jump' in target && target.jump === name) || ('goto' in target && target.goto === name))
  return Object.values(table).reduce((sum, { rules }) => sum + rules.filter(leadsThere).length, 0)
}

/** `iptables -S`, piece by piece. */
export async function* showRules(listing: Listing): AsyncGenerator<string> {
  const { family, command } = listing
  const { number } = command
  const counters = command.verbose > 0
  if (number === undefined) yield chains(listing).map(([name, chain]) => declaration(name, chain, counters)).join('')
  for (const [name, { rules }] of chains(listing)) {
    let text = ''
    for (const [index, rule] of rules.entries()) {
      if (number !== undefined && number !== index + 1) continue
      const words = formatRule(rule, { family, counters })
      text += `-A ${name}${words === '' ? '' : ` ${words}`}\n`
    }
    yield text
  }
}

function declaration(name: string, { policy, counters }: Chain, counted: boolean): string {
  if (policy === undefined) return `-N ${name}\n`
  return `-P ${name} ${policy}${counted ? ` -c ${counters?.packets ?? 0} ${counters?.bytes ?? 0}` : ''}\n`
}

/** What `-v` says of a change. */
export function announce(family: Family, { letter, verbose, rules, number }: Command, names: readonly string[]): string {
  const numbered = number !== undefined && (letter === 'D' || letter === 'Z')
  if (verbose === 0 || numbered || letter === undefined || 'NPELS'.includes(letter)) return ''
  if (letter === 'F') return names.map((name) => `Flushing chain \`${name}'\n`).join('')
  if (letter === 'Z') return names.map((name) => `Zeroing chain \`${name}'\n`).join('')
  if (letter === 'X') return names.map((name) => `Deleting chain \`${name}'\n`).join('')
  return rules.map((rule) => `${listRule(rule, { family, alone: true, numeric: true })}\n`).join('')
}

/** The names of the addresses in a listing: of hosts as the resolver knows them, of networks as /etc/networks does. */
async function namesOf(listing: Listing): Promise<ReadonlyMap<string, string>> {
  const given = chains(listing).flatMap(([, { rules }]) => rules.flatMap(({ source, destination }) => [source, destination]))
  const texts = given.filter((one) => one !== undefined).map((one) => (typeof one === 'string' ? one : one.not).split('/')[0] as string)
  const networkNames = new Map([...networks()].map(([name, address]) => [address, name]))
  const found = await Promise.all([...new Set(texts)].map(async (address) => [address, (await hostName(address)) ?? networkNames.get(address)] as const))
  return new Map(found.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

async function hostName(address: string): Promise<string | undefined> {
  try {
    const { hostname } = await lookupService(address, 0)
    return hostname === address ? undefined : hostname
  } catch {
    return undefined
  }
}
