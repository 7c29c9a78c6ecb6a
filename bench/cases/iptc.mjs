// Rules as dictionaries, beside python-iptables: run here where python3 finds it (PYTHONPATH), and otherwise as it was
// measured once on a machine like this one. It knows the legacy tables alone.
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nothing, undisturbed } from '../others.mjs'
import { iptc, seconds, subject, xtables } from '../programs.mjs'
import { timed, timedRows } from '../rounds.mjs'

const COUNT = 10_000
const ADDED = 1_000
const SCRIPT = fileURLToPath(new URL('../python-iptables.py', import.meta.url))
/** Milliseconds. */
const RECORDED = { dump: 1031, add: 951 }

const isThere = spawnSync('python3', ['-c', 'import iptc']).status === 0
const theirs = isThere ? 'python-iptables' : 'python-iptables (recorded)'

/** Seconds that python-iptables takes. */
function python(work) {
  return (isThere ? Number(execFileSync('python3', [SCRIPT, work], { encoding: 'utf8' })) : RECORDED[work]) / 1000
}

const flush = async () => void execFileSync('iptables-legacy', ['-F'])

/** One kind of rule, no two alike. */
function rulesText() {
  const lines = Array.from({ length: COUNT }, (_, i) => `-A INPUT -s 10.0.${i >> 8}.${i & 255}/32 -p tcp -m tcp --dport ${i + 1} -j ACCEPT\n`)
  return `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${lines.join('')}COMMIT\n`
}

const dump = {
  name: 'dump',
  what: 'easy.dumpTable of 10,000 rules',
  async ours() {
    const { easyOn } = await iptc()
    const { openXtables } = await xtables()
    const { dumpTable } = easyOn({ xt: await openXtables({ backend: 'legacy' }) })
    let rules
    const result = await timed(async () => {
      rules = (await dumpTable('filter')).INPUT.length
    })
    if (rules !== COUNT) throw new Error(`there are ${rules} rules, not ${COUNT}: nothing was measured`)
    return result
  },
  async run({ directory, runs, tick }) {
    const file = join(directory, 'rules.save')
    writeFileSync(file, rulesText())
    seconds('iptables-legacy-restore', [], file)
    const tool = []
    const ours = []
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(nothing, () => python('dump')))
      ours.push(await undisturbed(nothing, () => subject('iptc.mjs', 'dump')))
      tick()
    }
    await flush()
    return timedRows(dump.what, ours, theirs, tool, { faster: 20 })
  },
}

const add = {
  name: 'add',
  what: '1,000 times easy.addRule, each a commit',
  async ours() {
    const { easyOn } = await iptc()
    const { openXtables } = await xtables()
    const { addRule, flushChain } = easyOn({ xt: await openXtables({ backend: 'legacy' }) })
    return timed(
      async () => {
        for (let i = 0; i < ADDED; i++) await addRule('filter', 'INPUT', { protocol: 'tcp', tcp: { dport: String(i + 1) }, target: 'ACCEPT' })
      },
      () => flushChain('filter', 'INPUT'),
    )
  },
  async run({ runs, tick }) {
    const tool = []
    const ours = []
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(flush, () => python('add')))
      ours.push(await undisturbed(flush, () => subject('iptc.mjs', 'add')))
      tick()
    }
    await flush()
    return timedRows(add.what, ours, theirs, tool, { within: 1 })
  },
}

export const cases = [dump, add]
