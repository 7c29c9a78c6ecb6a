// Runs what is measured, each in a process of its own, and takes the time.
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const LIBRARY = new URL('../dist/esm/index.js', import.meta.url)
export const LIBRARY_URL = LIBRARY.href
export const LIBRARY_FILE = fileURLToPath(LIBRARY)
export const NFKIT = fileURLToPath(new URL('../dist/esm/cli/nfkit.js', import.meta.url))

/** The built library. It is loaded by what measures it, not by what only compares. */
export const library = () => import(LIBRARY_URL)

/** The built room of rules, which is a file of its own. */
export const xtables = () => import(new URL('../dist/esm/xtables/index.js', import.meta.url).href)

/** The built room of dictionaries and objects, which is a file of its own. */
export const iptc = () => import(new URL('../dist/esm/iptc/index.js', import.meta.url).href)

/** Runs ipset for preparation: what it prints. */
export function ipset(...words) {
  return execFileSync('ipset', words, { encoding: 'utf8' })
}

/** Seconds that a program takes from start to end, its output thrown away. `input` is a file. */
export function seconds(program, words, input) {
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r')
  const began = performance.now()
  const { status, error, stderr } = spawnSync(program, words, { stdio: [stdin, 'ignore', 'pipe'] })
  const took = (performance.now() - began) / 1000
  if (stdin !== 'ignore') closeSync(stdin)
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}: ${stderr}`)
  return took
}

/** Seconds that the kernel alone needs. */
export function kernelLimit(directory, ...words) {
  return Number(execFileSync(join(directory, 'kernel-limit'), words.map(String), { encoding: 'utf8' }))
}

export function compileKernelLimit(directory) {
  execFileSync('cc', ['-O2', '-o', join(directory, 'kernel-limit'), join(HERE, 'kernel-limit.c')])
}

/** Runs the `ours` of a case in a fresh process, and gives what it measured. */
export function subject(file, name, flags = []) {
  const text = execFileSync(process.execPath, [...flags, join(HERE, 'subject.mjs'), file, name], { encoding: 'utf8' })
  return JSON.parse(text)
}

/** Removes all sets, and gives the kernel time to free them: it does so later, on the same processors. */
export async function clear() {
  ipset('destroy')
  await pause(400)
}

/** The number of entries the kernel has in a set; an error when it is not `count`. */
export function demandEntries(set, count) {
  const found = Number(/Number of entries: (\d+)/.exec(ipset('list', '-t', set))?.[1])
  if (found !== count) throw new Error(`set ${set} has ${found} entries, not ${count}: nothing was measured`)
}
