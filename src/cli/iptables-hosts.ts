import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import type { Family } from '../xtables/index.js'

/** A name: neither digits and dots alone, nor with a colon. */
const NAME = /^(?![\d.]+$)(?![\da-fA-F:.]*:)\w[\w-]*(?:\.[\w-]+)*\.?$/

/**
 * The words of a command with names of hosts and networks in `-s` and `-d` turned into all of their addresses, as the
 * resolver and /etc/networks know them. A name that nobody knows stays, and is refused as an address.
 */
export async function resolveHosts(words: readonly string[], family: Family): Promise<string[]> {
  const resolved = [...words]
  for (let i = 1; i < words.length; i++) {
    if (!leadsAddresses(words[i - 1] as string)) continue
    const parts = (words[i] as string).split(',')
    if (!parts.some((part) => NAME.test(part.split('/')[0] as string))) continue
    resolved[i] = (await Promise.all(parts.map((part) => addressesOf(part, family)))).join(',')
  }
  return resolved
}

/** Whether an address follows a word, or a list of them. A long name may be shortened; whether too much, others judge. */
function leadsAddresses(word: string): boolean {
  if (word === '-s' || word === '-d' || word === '--src' || word === '--dst') return true
  return word.length > 2 && ['--source', '--destination'].some((name) => name.startsWith(word))
}

async function addressesOf(part: string, family: Family): Promise<string> {
  const slash = part.indexOf('/')
  const [name, mask] = slash < 0 ? [part, ''] : [part.slice(0, slash), part.slice(slash)]
  if (!NAME.test(name)) return part
  const network = family === 'ip' ? networks().get(name) : undefined
  if (network !== undefined) return network + mask
  try {
    const found = await lookup(name, { all: true, family: family === 'ip' ? 4 : 6 })
    return [...new Set(found.map(({ address }) => address + mask))].join(',')
  } catch {
    return part
  }
}

/** Networks by name, as /etc/networks has them. */
export function networks(): ReadonlyMap<string, string> {
  try {
    const lines = readFileSync('/etc/networks', 'utf8').split('\n').map((line) => line.replace(/#.*/, '').split(/\s+/))
    return new Map(lines.filter(([, address]) => address).map(([name, address]) => [name as string, address as string]))
  } catch {
    return new Map()
  }
}
