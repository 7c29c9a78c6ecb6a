// What the sets are filled with: the same entries for every contender, kernel-limit.c too.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What every large set is made with: room for all entries from the start, so that no growth of it is measured. */
export const SIZED = { hashsize: 1_048_576, maxelem: 2_000_000 }
export const SIZED_WORDS = ['hashsize', String(SIZED.hashsize), 'maxelem', String(SIZED.maxelem)]

/** `count` entries of hash:ip (10.0.0.0 and on) or hash:net (16.0.0.0/24 and on), as text. */
export function entries(type, count) {
  const net = type === 'hash:net'
  return Array.from({ length: count }, (_, i) => (net ? `${dotted(0x10000000 + i * 256)}/24` : dotted(0x0a000000 + i)))
}

/** The same, each a string of its own in memory: not a piece of a longer text, nor pieces that are joined when read. */
export function flatEntries(type, count) {
  return entries(type, count).map((text) => Buffer.from(text, 'latin1').toString('latin1'))
}

/** The same as the lines of a saved ruleset. */
export function addLines(type, set, count) {
  return `${entries(type, count).map((entry) => `add ${set} ${entry}`).join('\n')}\n`
}

function dotted(address) {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** A set of `count` entries, made by the ipset tool. */
export function fill(set, type, count, directory) {
  const file = join(directory, 'fill.save')
  writeFileSync(file, `create ${set} ${type} ${SIZED_WORDS.join(' ')}\n${addLines(type, set, count)}`)
  execFileSync('ipset', ['restore', '-file', file])
}
