// What the sets are filled with: the same entries for every contender, kernel-limit.c too.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

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

/** Puts the heap in order, so that what was prepared is not moved about while the clock runs. */
export function settle() {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/** A saved set of these entries. It is created in it: the ipset tool asks for each line what it has not created. */
export function saved(type, set, count) {
  const lines = entries(type, count).map((entry) => `add ${set} ${entry}\n`)
  return `create ${set} ${type} ${SIZED_WORDS.join(' ')}\n${lines.join('')}`
}

function dotted(address) {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** A set of `count` entries, made by the ipset tool. */
export function fill(set, type, count, directory) {
  const file = join(directory, 'fill.save')
  writeFileSync(file, saved(type, set, count))
  execFileSync('ipset', ['restore', '-file', file])
}
