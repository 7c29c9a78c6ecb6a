// Operations by chance against the real kernel for a long time, with a model beside it and rivals who change the same
// tables and sets; all in a network namespace of its own. Now and then everything is compared with the model: what the
// library reads, and what the C tools say. Memory and descriptors must stay as they are.
//
//   npm run soak -- [--seconds 600] [--seed N] [--built FOLDER] [--no-rivals]
//
// Ends with 1 when something differs, or grows. Needs root, or user namespaces; ipset and iptables.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BUILT, loader } from '../fuzz/library.mjs'
import { Random } from '../fuzz/random.mjs'
import { table } from '../fuzz/report.mjs'
import { sandbox } from '../scripts/sandbox.mjs'
import { growth, measure } from './measure.mjs'
import { easyActor, objectsActor } from './objects.mjs'
import { startRivals } from './rivals.mjs'
import { setsActor } from './sets.mjs'
import { tablesActor } from './tables.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    built: { type: 'string', default: BUILT },
    'no-rivals': { type: 'boolean', default: false },
  },
})

/** Looks at the whole in this many rounds; the first one is for warming up. */
const ROUNDS = 12

/** Starts this program again in a network namespace of its own: what follows must not touch the machine's firewall. */
function reenter() {
  const { prefix, reason } = sandbox()
  if (reason) throw new Error(reason)
  const env = { ...process.env, NFKIT_SOAK_LEFT: readlinkSync('/proc/self/ns/net') }
  const [program, ...words] = [...prefix, process.execPath, '--expose-gc', fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { status, error } = spawnSync(program, words, { stdio: 'inherit', env })
  if (error) throw error
  return status ?? 1
}

/** Does one actor's operations until a time; the first that goes wrong ends all. */
async function act(actor, end, troubles) {
  while (performance.now() < end && troubles.length === 0) {
    try {
      await actor.step()
    } catch (error) {
      troubles.push(
        `${actor.name}, operation ${actor.counts.operations}: ${error?.stack ?? error}${actor.last ? `\n  ${actor.last()}` : ''}`,
      )
    }
  }
}

async function compare(actors, troubles) {
  for (const actor of actors) {
    try {
      await actor.compare()
    } catch (error) {
      troubles.push(error?.stack ?? String(error))
    }
  }
}

/** The backends that this kernel has. */
async function available(load) {
  const { openXtables } = await load('xtables/index.js')
  const found = []
  for (const backend of ['nft', 'legacy']) {
    try {
      const xt = await openXtables({ backend })
      xt.close()
      found.push(backend)
    } catch (error) {
      if (error?.code !== 'ERR_UNSUPPORTED') throw error
      console.log(`without the ${backend} tables: ${error.message}`)
    }
  }
  if (found.length === 0) throw new Error('this kernel has no tables at all')
  return found
}

async function main() {
  if (readlinkSync('/proc/self/ns/net') === process.env.NFKIT_SOAK_LEFT) throw new Error('this is not a fresh network namespace')
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) throw new Error(`--seconds wants a number, not '${values.seconds}'`)
  const folder = mkdtempSync(join(tmpdir(), 'nfkit-soak-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.env.XTABLES_LOCKFILE = join(folder, 'lock')
  const load = loader(values.built)
  const random = (name) => new Random(`${values.seed}/${name}`)
  console.log(`seed ${values.seed}`)
  const backends = await available(load)
  const actors = [await setsActor(load, random('sets'))]
  for (const backend of backends) actors.push(await tablesActor(load, backend, random(backend)))
  actors.push(await easyActor(load, backends[0], random('easy')))
  actors.push(await objectsActor(load, backends.at(-1), random('objects')))
  const rivals = values['no-rivals'] ? [] : startRivals(backends)
  process.once('exit', () => {
    for (const rival of rivals) rival.kill()
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

  const began = performance.now()
  const troubles = []
  const measures = []
  for (let round = 1; round <= ROUNDS && troubles.length === 0; round++) {
    const end = began + (1000 * seconds * round) / ROUNDS
    await Promise.all(actors.map((actor) => act(actor, end, troubles)))
    await compare(actors, troubles)
    const second = Math.round((performance.now() - began) / 1000)
    // What is open now has been left open.
    for (const actor of actors) await actor.close()
    measures.push(await measure(second))
    for (const actor of actors) await actor.reopen()
    const operations = actors.reduce((sum, { counts }) => sum + counts.operations, 0)
    if (process.stderr.isTTY) process.stderr.write(`\r${second} s, ${operations} operations, ${troubles.length} differences `)
  }
  for (const rival of rivals) {
    await rival.stop()
    if (rival.failed) troubles.push(`a rival was disturbed: ${rival.complaint}`)
  }
  await compare(actors, troubles)
  for (const actor of actors) await actor.close()
  troubles.push(...growth(measures.slice(measures.length > 2 ? 1 : 0)))

  const columns = ['operations', 'refused', 'comparisons', 'conflicts', 'busy', 'expired']
  console.log(
    `\n${table(
      ['who', ...columns],
      [
        ...actors.map(({ name, counts }) => [name, ...columns.map((key) => counts[key] ?? '')]),
        ...rivals.map(({ name, cycles }) => [`rival: ${name}`, cycles, '', '', '', '', '']),
      ],
    )}`,
  )
  console.log(
    `\n${table(
      ['second', 'process MB', 'heap MB', 'external MB', 'descriptors'],
      measures.map(({ second, rss, heap, external, descriptors }) => [
        second,
        rss.toFixed(1),
        heap.toFixed(1),
        external.toFixed(1),
        descriptors,
      ]),
    )}\n`,
  )
  for (const trouble of troubles) console.log(`${trouble}\n`)
  console.log(troubles.length === 0 ? 'no differences, nothing has grown' : `${troubles.length} differences`)
  return troubles.length === 0 ? 0 : 1
}

process.exitCode = process.env.NFKIT_SOAK_LEFT === undefined ? reenter() : await main()
