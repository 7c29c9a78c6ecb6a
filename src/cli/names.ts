import { isIP } from 'node:net'
import type { RawChunk } from '../ipset/index.js'
import { InputError } from '../netlink/index.js'

type Entry = RawChunk['entries'][number]

/** A part of an entry that could be a host name, with what may stand behind it. */
const PART = /^(\[[^\]]+\]|[A-Za-z][\w.-]*|[\w-]*\.[\w.-]*[A-Za-z][\w.-]*)(\/\d+)?$/

/** The entry with host names turned into addresses; undefined when there are none in it. The first address counts. */
export async function hostNames(element: string, family: 'inet' | 'inet6' | 'unspec'): Promise<string | undefined> {
  if (family === 'unspec') return undefined
  const parts = element.split(',')
  const six = family === 'inet6'
  let changed = false
  for (const at of [0, 2]) {
    const match = PART.exec(parts[at] ?? '')
    const name = match?.[1]?.replace(/^\[|\]$/g, '')
    if (!match || name === undefined || isIP(name)) continue
    const { lookup } = await import('node:dns/promises')
    const found = await lookup(name, { family: six ? 6 : 4, all: true }).catch((cause: unknown) => {
      throw new InputError(`Syntax error: cannot parse ${name}: resolving to ${six ? 'IPv6' : 'IPv4'} address failed`, { cause })
    })
    parts[at] = found[0]!.address + (match[2] ?? '')
    changed = true
  }
  return changed ? parts.join(',') : undefined
}

/** The entry with addresses turned into host names where the resolver knows them. */
export async function namesOfHosts(entry: Entry): Promise<Entry> {
  const named = { ...entry }
  for (const [address, prefix] of [['ip', 'cidr'], ['ip2', 'cidr2']] as const) {
    const text = entry[address]
    if (text === undefined) continue
    const name = await nameOf(text)
    if (name === text) continue
    named[address] = name.includes('-') ? `[${name}]` : name
    if (entry[prefix] === (text.includes(':') ? 128 : 32)) delete named[prefix]
  }
  return named
}

async function nameOf(address: string): Promise<string> {
  const { lookupService } = await import('node:dns/promises')
  try {
    return (await lookupService(address, 0)).hostname
  } catch {
    return address
  }
}
