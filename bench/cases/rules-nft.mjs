// Rules in nf_tables, beside the tools that put them there, and beside the kernel alone with the bytes that we send.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nothing, undisturbed } from '../others.mjs'
import { kernelLimit, NFKIT, seconds, subject, xtables } from '../programs.mjs'
import { all, ROUNDS, timed, timedRows } from '../rounds.mjs'
import { boundRow, timeRow } from '../rows.mjs'
import { demandRules, ruleObjects, rulesText } from '../rules.mjs'

const COUNT = 10_000
const MANY = 50_000
const APPENDED = 1_000
const SOURCE = '192.0.2.1/32'
const CAPTURE = fileURLToPath(new URL('../capture-batch.mjs', import.meta.url))

const flush = async () => void execFileSync('iptables-nft', ['-F'])

/** A file with so many rules, as iptables-nft-restore reads it, and what puts them there. */
function rulesFile(directory, count) {
  const file = join(directory, 'rules.save')
  writeFileSync(file, rulesText(count))
  return { file, fill: async () => void seconds('iptables-nft-restore', [], file) }
}

const open = async () => (await xtables()).openXtables({ backend: 'nft' })

/** What is measured, by name: the kernel alone gets the same batches, from files (capture-batch.mjs). */
export const CHANGES = {
  [`commit ${COUNT}`]: async () => replacing(await ruleObjects(COUNT)),
  [`commit ${MANY}`]: async () => replacing(await ruleObjects(MANY)),
  append: async () => appending([await sourceRule()]),
  appends: async () => appending(await ruleObjects(APPENDED)),
}
const replacing = (rules) => (tx) => tx.ip.replaceChain('filter', 'INPUT', rules)
const appending = (rules) => (tx) => {
  for (const rule of rules) tx.ip.append('filter', 'INPUT', rule)
}
const sourceRule = async () => (await xtables()).parseRule(`-s ${SOURCE} -j ACCEPT`)

/** A file with the batch of a change, which is made by this. */
async function batchFile(directory, change) {
  await flush()
  const file = join(directory, 'batch')
  execFileSync(process.execPath, [CAPTURE, change, file])
  return file
}

/** Puts so many rules into an empty table. */
function commitCase(count) {
  const what = `nf_tables: commit of ${count.toLocaleString('en-US')} rules from rule objects`
  const change = `commit ${count}`
  return {
    name: `nft/${change}`,
    what,
    async ours() {
      const xt = await open()
      const replace = await CHANGES[change]()
      return timed(() => xt.transaction(replace), () => xt.transaction((tx) => tx.ip.flush('filter')))
    },
    async run({ directory, runs, tick }) {
      const { file } = rulesFile(directory, count)
      const batch = await batchFile(directory, change)
      const [tool, kernel, ours] = [[], [], []]
      for (let i = 0; i < runs; i++) {
        tool.push(await undisturbed(flush, () => seconds('iptables-nft-restore', [], file)))
        kernel.push(await undisturbed(flush, () => kernelLimit(directory, 'batch', batch, 1)))
        demandRules('nft', count)
        ours.push(await undisturbed(flush, () => subject('rules-nft.mjs', `nft/${change}`)))
        demandRules('nft', count)
        tick()
      }
      await flush()
      return [...timedRows(what, ours, 'iptables-nft-restore', tool, { within: 1 }), timeRow(what, all(ours, 'took'), 'the kernel alone', kernel)]
    },
  }
}

const append = {
  name: 'nft/append',
  what: 'nf_tables: one rule appended to a table of 10,000',
  async ours() {
    const xt = await open()
    const add = await CHANGES.append()
    return timed(() => xt.transaction(add))
  },
  async run({ directory, runs, tick }) {
    const { fill } = rulesFile(directory, COUNT)
    const batch = await batchFile(directory, 'append')
    const [tool, kernel, ours] = [[], [], []]
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(fill, () => seconds('iptables-nft', ['-A', 'INPUT', '-s', SOURCE, '-j', 'ACCEPT'])))
      kernel.push(await undisturbed(fill, () => kernelLimit(directory, 'batch', batch, ROUNDS)))
      demandRules('nft', COUNT + ROUNDS)
      ours.push(await undisturbed(fill, () => subject('rules-nft.mjs', append.name)))
      demandRules('nft', COUNT + ROUNDS)
      tick()
    }
    await flush()
    const { what } = append
    return [
      boundRow(what, all(ours, 'took').map((took) => took * 1000), 'ms', { most: 2 }),
      // 2 ms, where the tool takes 7.
      ...timedRows(what, ours, 'iptables-nft -A', tool, { faster: 3.5 }),
      timeRow(what, all(ours, 'took'), 'the kernel alone', kernel),
    ]
  },
}

/** Runs of the tool that are measured; each takes as long as any other. */
const RUN = 100

const appends = {
  name: 'nft/appends',
  what: 'nf_tables: 1,000 rules appended in one commit',
  async ours() {
    const xt = await open()
    const add = await CHANGES.appends()
    return timed(() => xt.transaction(add), () => xt.transaction((tx) => tx.ip.flush('filter')))
  },
  async run({ directory, runs, tick }) {
    const batch = await batchFile(directory, 'appends')
    const [tool, kernel, ours] = [[], [], []]
    const words = Array.from({ length: RUN }, (_, i) => ['-A', 'INPUT', '-s', `10.0.${i >> 8}.${i & 255}`, '-j', 'ACCEPT'])
    for (let i = 0; i < runs; i++) {
      tool.push((await undisturbed(flush, () => words.reduce((sum, one) => sum + seconds('iptables-nft', one), 0))) * (APPENDED / RUN))
      kernel.push(await undisturbed(flush, () => kernelLimit(directory, 'batch', batch, 1)))
      ours.push(await undisturbed(flush, () => subject('rules-nft.mjs', appends.name)))
      demandRules('nft', APPENDED)
      tick()
    }
    await flush()
    const { what } = appends
    return [...timedRows(what, ours, `${APPENDED / RUN} x ${RUN} runs of iptables-nft -A`, tool, { faster: 50 }), timeRow(what, all(ours, 'took'), 'the kernel alone', kernel)]
  },
}

const read = {
  name: 'nft/read',
  what: 'nf_tables: table of 10,000 rules read as data',
  async ours() {
    const xt = await open()
    return timed(() => xt.ip.read('filter'))
  },
  async run({ directory, runs, tick }) {
    const { fill } = rulesFile(directory, COUNT)
    await fill()
    demandRules('nft', COUNT)
    const [tool, kernel, ours, printed] = [[], [], [], []]
    for (let i = 0; i < runs; i++) {
      tool.push(await undisturbed(nothing, () => seconds('iptables-nft-save', [])))
      kernel.push(await undisturbed(nothing, () => kernelLimit(directory, 'rules')))
      ours.push(await undisturbed(nothing, () => subject('rules-nft.mjs', read.name)))
      printed.push(await undisturbed(nothing, () => subject('rules-nft.mjs', print.name)))
      tick()
    }
    await flush()
    return [
      ...timedRows(read.what, ours, 'iptables-nft-save', tool, { within: 1 }),
      timeRow(read.what, all(ours, 'took'), 'the kernel alone', kernel),
      timeRow(print.what, all(printed, 'took'), 'iptables-nft-save', tool),
    ]
  },
}

/** A part of `read`: not run by itself. */
const print = {
  name: 'nft/print',
  what: 'nf_tables: table of 10,000 rules read and printed as text',
  async ours() {
    const { formatRuleset } = await xtables()
    const xt = await open()
    return timed(async () => formatRuleset({ filter: await xt.ip.read('filter') }))
  },
}

const commands = {
  name: 'nft/commands',
  what: 'nf_tables: the commands',
  async run({ directory, runs, tick }) {
    const { file } = rulesFile(directory, COUNT)
    const nfkit = (words, input) => seconds(process.execPath, [NFKIT, ...words], input)
    const times = { restore: [[], []], save: [[], []] }
    for (let i = 0; i < runs; i++) {
      times.restore[0].push(await undisturbed(flush, () => nfkit(['iptables-nft-restore'], file)))
      demandRules('nft', COUNT)
      times.restore[1].push(await undisturbed(flush, () => seconds('iptables-nft-restore', [], file)))
      times.save[0].push(await undisturbed(nothing, () => nfkit(['iptables-nft-save'])))
      times.save[1].push(await undisturbed(nothing, () => seconds('iptables-nft-save', [])))
      tick()
    }
    await flush()
    return Object.entries(times).map(([name, [ours, theirs]]) => timeRow(`nfkit iptables-nft-${name} of 10,000 rules, a process`, ours, `iptables-nft-${name}`, theirs))
  },
}

export const cases = [commitCase(COUNT), commitCase(MANY), read, append, appends, commands]
/** What others run in a process of its own. */
export const parts = [print]
