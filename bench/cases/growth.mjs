// How the cost grows with the number of entries and of rules, beside the C tools. No budgets: curves, and why they are so.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { entries, flatEntries } from '../data.mjs'
import { growthRow } from '../growth.mjs'
import { nothing, undisturbed } from '../others.mjs'
import { clear, demandEntries, iptc, library, seconds, subject, xtables } from '../programs.mjs'
import { timed } from '../rounds.mjs'
import { demandRules, ruleObjects, rulesText } from '../rules.mjs'

const ENTRIES = [1_000, 10_000, 100_000, 1_000_000]
const RULES = [100, 1_000, 10_000, 50_000]
const SET = 'bench'
/** Where the work is long, it is warm after the first round, and fewer rounds will do. */
const LONG = 50_000
const FEW = 5

const measured = (count, work, prepare) => timed(work, prepare, count < LONG ? undefined : FEW)

/** Room for all entries from the start, and no more: what a larger table costs would be seen in the small sets. */
const room = (count) => ({ hashsize: 2 ** Math.ceil(Math.log2(count)), maxelem: 2 * count })

function savedSet(directory, count) {
  const file = join(directory, 'growth.save')
  const { hashsize, maxelem } = room(count)
  const lines = entries('hash:ip', count).map((entry) => `add ${SET} ${entry}\n`)
  writeFileSync(file, `create ${SET} hash:ip hashsize ${hashsize} maxelem ${maxelem}\n${lines.join('')}`)
  return file
}

function savedRules(directory, count) {
  const file = join(directory, 'growth.rules')
  writeFileSync(file, rulesText(count))
  return file
}

const add = {
  name: 'add',
  what: 'strings added to hash:ip',
  unit: 'entry',
  counts: ENTRIES,
  tool: 'ipset restore',
  why: `Nearly linear, because an entry is encoded and put into its place in the hash, however many are there already, when the set was
    made with room for all; those of a large set cost the kernel somewhat more, whose memory no longer fits into the processor's
    caches. Below a thousand, the start of a program is a large part of the tool's time.`,
  async ours(count) {
    const { IPSet } = await library()
    const strings = flatEntries('hash:ip', count)
    const ipset = new IPSet()
    await ipset.create(SET, { stype: 'hash:ip', ...room(count) })
    const empty = async () => {
      await ipset.flush(SET)
      // The kernel frees what was flushed later, on the same processors.
      await pause(count / 2000)
    }
    const result = await measured(count, () => ipset.addAll(SET, strings), empty)
    ipset.close()
    return result
  },
  async stage(directory, count) {
    const file = savedSet(directory, count)
    return { before: clear, theirs: () => seconds('ipset', ['restore'], file), demand: () => demandEntries(SET, count), after: clear }
  },
}

const iterate = {
  name: 'iterate',
  what: 'entries of hash:ip iterated',
  unit: 'entry',
  counts: ENTRIES,
  tool: 'ipset list',
  why: `Nearly linear, because the kernel hands over a set in pieces and remembers the place in the hash where it stopped, so that a late
    piece costs no more than an early one; the entries of large sets cost it somewhat more, as when they are added. Below a
    thousand, the start of a program is a large part of the tool's time.`,
  async ours(count) {
    const { IPSet } = await library()
    const ipset = new IPSet()
    await ipset.names()
    let found
    const result = await measured(count, async () => {
      found = 0
      for await (const { entry } of ipset.entries(SET)) if (entry.length >= 8) found++
    })
    if (found !== count) throw new Error(`${found} entries read, not ${count}`)
    ipset.close()
    return result
  },
  async stage(directory, count) {
    await clear()
    seconds('ipset', ['restore'], savedSet(directory, count))
    return { before: nothing, theirs: () => seconds('ipset', ['list', SET]), demand: () => demandEntries(SET, count), after: clear }
  },
}

const open = async (backend) => (await xtables()).openXtables({ backend })

const flushRules = (backend) => void execFileSync(`iptables-${backend}`, ['-F'])

const KERNEL = { nft: 'nf_tables', legacy: 'legacy tables' }

function commit(backend, why) {
  const tool = `iptables-${backend}-restore`
  return {
    name: `commit-${backend}`,
    what: `${KERNEL[backend]}: commit of rule objects`,
    unit: 'rule',
    counts: RULES,
    tool,
    why,
    async ours(count) {
      const rules = await ruleObjects(count)
      const xt = await open(backend)
      const fill = () => xt.transaction((tx) => tx.ip.replaceChain('filter', 'INPUT', rules))
      const result = await measured(count, fill, () => xt.transaction((tx) => tx.ip.flush('filter')))
      xt.close()
      return result
    },
    async stage(directory, count) {
      const file = savedRules(directory, count)
      const before = async () => flushRules(backend)
      return { before, theirs: () => seconds(tool, [], file), demand: () => demandRules(backend, count), after: before }
    },
  }
}

/** Reading a table that the tool has filled. `reader` gives what reads it and says how many rules there were. */
function reading(backend, { name, what, why, reader }) {
  return {
    name,
    what,
    unit: 'rule',
    counts: RULES,
    tool: `iptables-${backend}-save`,
    why,
    async ours(count) {
      const { read, close } = await reader()
      let found
      const result = await measured(count, async () => {
        found = await read()
      })
      if (found !== count) throw new Error(`${found} rules read, not ${count}`)
      close()
      return result
    },
    async stage(directory, count) {
      flushRules(backend)
      seconds(`iptables-${backend}-restore`, [], savedRules(directory, count))
      return {
        before: nothing,
        theirs: () => seconds(`iptables-${backend}-save`, ['-t', 'filter']),
        demand: () => demandRules(backend, count),
        after: async () => flushRules(backend),
      }
    },
  }
}

function read(backend, why) {
  return reading(backend, {
    name: `read-${backend}`,
    what: `${KERNEL[backend]}: table read as data`,
    why,
    async reader() {
      const xt = await open(backend)
      return { read: async () => (await xt.ip.read('filter')).INPUT.rules.length, close: () => xt.close() }
    },
  })
}

const dump = reading('legacy', {
  name: 'dump',
  what: 'legacy tables: easy.dumpTable',
  why: `Linear, as reading is, because each rule that was read becomes a dictionary by itself. The tool beside it prints the same table;
    no C tool makes dictionaries.`,
  async reader() {
    const { easyOn } = await iptc()
    const xt = await open('legacy')
    const { dumpTable } = easyOn({ xt })
    return { read: async () => (await dumpTable('filter')).INPUT.length, close: () => xt.close() }
  },
})

/** The curves, each measured at its counts. `why` explains the shape, and holds on any machine. */
export const curves = [
  add,
  iterate,
  commit('nft', `Linear, because each rule is a message of one batch, which the kernel puts behind the last rule of its chain without looking
    at the others. The first hundred cost us the questions that go before a batch as well, and the tool the start of a program.`),
  read('nft', `More than linear, for the tool as well, because the kernel hands over the rules in pieces, and for every piece counts from the
    first rule of the table to the one where it stopped: that part of its work grows with the square of the rules.`),
  commit('legacy', `Linear, because the table goes to the kernel as a whole, which checks all its rules, and none against another. The first
    hundred cost us the lock and the reading of what is there as well, and the tool the start of a program.`),
  read('legacy', `Linear, because the kernel copies the whole table in one call, and each rule is decoded by itself. The first time in a
    process costs a multiple of the others while V8 has not compiled what decodes rules.`),
  dump,
].map((curve) => ({ ...curve, why: curve.why.replace(/\s+/g, ' ') }))

function growthCase(curve) {
  return {
    name: curve.name,
    what: `growth: ${curve.what}`,
    async run({ directory, runs, tick }) {
      const rows = []
      for (const count of curve.counts) {
        const { before, theirs, demand, after } = await curve.stage(directory, count)
        const [tool, ours] = [[], []]
        for (let i = 0; i < runs; i++) {
          tool.push(await undisturbed(before, theirs))
          demand()
          ours.push(await undisturbed(before, () => subject('growth.mjs', `${curve.name} ${count}`)))
          demand()
          tick()
        }
        await after()
        rows.push(growthRow(curve, count, ours, tool))
      }
      return rows
    },
  }
}

export const cases = curves.map(growthCase)
/** What the cases run in a process of its own. */
export const parts = curves.flatMap(({ name, counts, ours }) => counts.map((count) => ({ name: `${name} ${count}`, ours: () => ours(count) })))
