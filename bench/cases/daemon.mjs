// The firewall through the daemon: how much longer a large commit takes than without one, and how many small requests of twenty
// programs it answers in a second.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { undisturbed } from '../others.mjs'
import { subject, xtables } from '../programs.mjs'
import { all, timed } from '../rounds.mjs'
import { boundRow, stallRow, timeRow } from '../rows.mjs'
import { ruleObjects } from '../rules.mjs'

const COUNT = 10_000
const CLIENTS = 20
const SECONDS = 3
const SERVE = fileURLToPath(new URL('../daemon.mjs', import.meta.url))
const ASK = fileURLToPath(new URL('../ask.mjs', import.meta.url))

/** Where the subject finds the daemon; without it, it does without. */
const PATH = 'NFKIT_BENCH_DAEMON'

/** Runs `body` with a daemon in a process of its own. */
async function withDaemon(directory, body) {
  const path = join(directory, 'daemon.sock')
  const daemon = spawn(process.execPath, [SERVE, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(daemon.stdout, 'data')
  process.env[PATH] = path
  try {
    return await body(path)
  } finally {
    delete process.env[PATH]
    daemon.kill()
    await once(daemon, 'close')
  }
}

const open = async () => (await xtables()).openXtables(process.env[PATH] ? { daemon: process.env[PATH] } : { backend: 'nft' })
const flush = async () => void execFileSync('iptables-nft', ['-F'])

const commit = {
  name: `commit ${COUNT}`,
  what: `daemon: commit of ${COUNT.toLocaleString('en-US')} rules from rule objects`,
  async ours() {
    const xt = await open()
    const rules = await ruleObjects(COUNT)
    const measured = await timed(() => xt.transaction((tx) => tx.ip.replaceChain('filter', 'INPUT', rules)), () => xt.transaction((tx) => tx.ip.flush('filter')))
    xt.close()
    return measured
  },
  async run({ directory, runs, tick }) {
    const [direct, ours] = [[], []]
    for (let i = 0; i < runs; i++) {
      direct.push(await undisturbed(flush, () => subject('daemon.mjs', commit.name)))
      ours.push(await undisturbed(flush, () => withDaemon(directory, () => subject('daemon.mjs', commit.name))))
      tick()
    }
    await flush()
    return [timeRow(commit.what, all(ours, 'took'), 'the same without a daemon', all(direct, 'took'), { within: 1.3 }), stallRow(commit.what, all(ours, 'stall'))]
  },
}

/** What twenty processes ask for, each as fast as it is answered. */
function requests(name, what, least) {
  return {
    name,
    what: `daemon: ${what}, ${CLIENTS} programs`,
    async run({ directory, runs, tick }) {
      const rates = []
      for (let i = 0; i < runs; i++) {
        rates.push(await undisturbed(flush, () => withDaemon(directory, async (path) => {
          const clients = Array.from({ length: CLIENTS }, () => spawn(process.execPath, [ASK, path, name, SECONDS], { stdio: ['pipe', 'pipe', 'inherit'] }))
          // All of them are ready before the first one begins.
          await Promise.all(clients.map(({ stdout }) => once(stdout, 'data')))
          const counted = clients.map(async ({ stdout }) => Number(await once(stdout, 'data')))
          for (const { stdin } of clients) stdin.write('go\n')
          const counts = await Promise.all(counted)
          return counts.reduce((sum, count) => sum + count, 0) / SECONDS
        })))
        tick()
      }
      const row = boundRow(this.what, rates, 'a second', { least: least ?? 0 })
      return [least === undefined ? { ...row, budget: '', holds: undefined } : row]
    },
  }
}

export const cases = [
  commit,
  requests('read', 'readings of a table of ten rules', 5_000),
  requests('has', 'looking for a rule'),
  requests('append', 'rules appended, a transaction each'),
]
