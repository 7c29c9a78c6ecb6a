// Rules in the legacy tables, beside the tools that put them there.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nothing, undisturbed } from '../others.mjs'
import { seconds, subject, xtables } from '../programs.mjs'
import { ROUNDS, timed, timedRows } from '../rounds.mjs'
import { boundRow } from '../rows.mjs'
import { demandRules, ruleObjects, rulesText } from '../rules.mjs'
import { cases as nft } from './rules-nft.mjs'

const COUNT = 10_000
const MANY = 50_000
const APPENDED = 1_000

const flush = async () => void execFileSync('iptables-legacy', ['-F'])

/** Puts so many rules into a table. */
function commitCase(count) {
  const what = `commit of ${count.toLocaleString('en-US')} rules from rule objects`
  return {
    name: `commit ${count}`,
    what,
    async ours() {
      const { openXtables } = await xtables()
      const rules = await ruleObjects(count)
      const xt = await openXtables({ backend: 'legacy' })
      return timed(
        () => xt.transaction((tx) => tx.ip.replaceChain('filter', 'INPUT', rules)),
        () => xt.transaction((tx) => tx.ip.flush('filter')),
      )
    },
    async run({ directory, runs, tick }) {
      const file = join(directory, 'rules.save')
      writeFileSync(file, rulesText(count))
      const tool = []
      const ours = []
      for (let i = 0; i < runs; i++) {
        tool.push(await undisturbed(flush, () => seconds('iptables-legacy-restore', [], file)))
        ours.push(await undisturbed(flush, () => subject('rules.mjs', `commit ${count}`)))
        demandRules('legacy', count)
        tick()
      }
      await flush()
      return timedRows(what, ours, 'iptables-legacy-restore', tool, { within: 1 })
    },
  }
}

const text = {
  name: 'text',
  what: 'save text of 10,000 rules read and printed',
  async ours() {
    const { parseRuleset, formatRuleset } = await xtables()
    const input = rulesText(COUNT)
    let printed
    const result = await timed(() => {
      printed = formatRuleset(parseRuleset(input))
    })
    if (printed !== input) throw new Error('what was printed is not what was read')
    return result
  },
  async run({ directory, runs, tick }) {
    const file = join(directory, 'rules.save')
    writeFileSync(file, rulesText(COUNT))
    const tool = []
    const ours = []
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(flush, () => seconds('iptables-legacy-restore', [], file)))
      ours.push(await undisturbed(nothing, () => subject('rules.mjs', 'text')))
      tick()
    }
    await flush()
    return timedRows(text.what, ours, 'iptables-legacy-restore', tool, { within: 2 }).slice(0, 2)
  },
}

const append = {
  name: 'append',
  what: 'one rule appended to a table of 10,000',
  async ours() {
    const { openXtables, parseRule } = await xtables()
    const xt = await openXtables({ backend: 'legacy' })
    const rule = parseRule('-s 192.0.2.1/32 -j ACCEPT')
    return timed(() => xt.transaction((tx) => tx.ip.append('filter', 'INPUT', rule)))
  },
  async run({ directory, runs, tick }) {
    const file = join(directory, 'rules.save')
    writeFileSync(file, rulesText(COUNT))
    const fill = async () => void seconds('iptables-legacy-restore', [], file)
    const tool = []
    const ours = []
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(fill, () => seconds('iptables-legacy', ['-A', 'INPUT', '-s', '192.0.2.1', '-j', 'ACCEPT'])))
      ours.push(await undisturbed(fill, () => subject('rules.mjs', 'append')))
      demandRules('legacy', COUNT + ROUNDS)
      tick()
    }
    await flush()
    return timedRows(append.what, ours, 'iptables-legacy -A', tool, { within: 1 })
  },
}

const appends = {
  name: 'appends',
  what: '1,000 rules appended in one commit',
  async ours() {
    const { openXtables } = await xtables()
    const rules = await ruleObjects(APPENDED)
    const xt = await openXtables({ backend: 'legacy' })
    const add = (tx) => {
      for (const rule of rules) tx.ip.append('filter', 'INPUT', rule)
    }
    return timed(() => xt.transaction(add), () => xt.transaction((tx) => tx.ip.flush('filter')))
  },
  async run({ runs, tick }) {
    const tool = []
    const ours = []
    const words = Array.from({ length: APPENDED }, (_, i) => ['-A', 'INPUT', '-s', `10.0.${i >> 8}.${i & 255}`, '-j', 'ACCEPT'])
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(flush, () => words.reduce((sum, one) => sum + seconds('iptables-legacy', one), 0)))
      ours.push(await undisturbed(flush, () => subject('rules.mjs', 'appends')))
      demandRules('legacy', APPENDED)
      tick()
    }
    await flush()
    return timedRows(appends.what, ours, '1,000 runs of iptables-legacy -A', tool, { faster: 50 })
  },
}

const read = {
  name: 'read',
  what: 'table of 10,000 rules read as data',
  async ours() {
    const { openXtables } = await xtables()
    const xt = await openXtables({ backend: 'legacy' })
    return timed(() => xt.ip.read('filter'))
  },
  async run({ directory, runs, tick }) {
    const file = join(directory, 'rules.save')
    writeFileSync(file, rulesText(COUNT))
    seconds('iptables-legacy-restore', [], file)
    const tool = []
    const ours = []
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(nothing, () => seconds('iptables-legacy-save', [])))
      ours.push(await undisturbed(nothing, () => subject('rules.mjs', 'read')))
      tick()
    }
    await flush()
    return timedRows(read.what, ours, 'iptables-legacy-save', tool)
  },
}

const ENCODED = 20_000

const encode = {
  name: 'encode',
  what: 'a typical rule from its object to bytes',
  async ours() {
    const { encodeEntry } = await xtables()
    const rules = await ruleObjects(ENCODED)
    const rounds = []
    for (let round = 0; round < 10; round++) {
      const began = performance.now()
      for (const rule of rules) encodeEntry(rule)
      rounds.push((performance.now() - began) / ENCODED)
    }
    return { microseconds: rounds.sort((a, b) => a - b)[5] * 1000 }
  },
  async run({ runs, tick }) {
    const ours = []
    for (let i = 0; i < runs; i++) {
      ours.push((await undisturbed(nothing, () => subject('rules.mjs', 'encode'))).microseconds)
      tick()
    }
    return [boundRow(encode.what, ours, 'µs', { most: 1.5 })]
  },
}

export const cases = [commitCase(COUNT), commitCase(MANY), text, append, appends, read, encode, ...nft]
