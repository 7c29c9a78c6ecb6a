// Table mangle by the easy dictionaries and by the objects of iptc, with a model beside them.
import { execFileSync } from 'node:child_process'
import { demandSameList, rejection } from './difference.mjs'
import { chainsOf, linesOf, ruleText, TableModel } from './rules.mjs'

const MOST_RULES = 20
const MOST_CHAINS = 5
const TABLE = 'mangle'

/** What both ways can do, each with functions of its own. */
function kinds({ random, model, owner, way, nextName }) {
  const any = () => random.pick([...model.chains.keys()])
  const own = () => (model.own().length > 0 ? random.pick(model.own()) : undefined)
  const text = (chain) =>
    ruleText(random, 'ip', owner, random.once(5) && model.beyond(chain).length > 0 ? random.pick(model.beyond(chain)) : undefined)
  return [
    () => {
      const chain = any()
      if (model.rules(chain).length >= MOST_RULES) return undefined
      const rule = text(chain)
      model.rules(chain).push(rule)
      return way.append(chain, rule)
    },
    () => {
      const chain = any()
      if (model.rules(chain).length >= MOST_RULES) return undefined
      const rule = text(chain)
      model.rules(chain).unshift(rule)
      return way.insert(chain, rule)
    },
    () => {
      const chain = any()
      if (model.rules(chain).length === 0) return undefined
      const rule = random.pick(model.rules(chain))
      model.rules(chain).splice(model.rules(chain).indexOf(rule), 1)
      return way.remove(chain, rule)
    },
    () => {
      if (model.own().length >= MOST_CHAINS) return undefined
      const chain = nextName()
      model.chains.set(chain, { rules: [] })
      return way.newChain(chain)
    },
    () => {
      const chain = own()
      if (chain === undefined || model.isUsed(chain)) return undefined
      model.chains.delete(chain)
      return way.deleteChain(chain)
    },
    () => {
      const chain = own()
      if (chain === undefined) return undefined
      model.chains.get(chain).rules = []
      return way.flush(chain)
    },
    () => {
      const policy = random.pick(['ACCEPT', 'DROP'])
      model.chains.get('FORWARD').policy = policy
      return way.setPolicy('FORWARD', policy)
    },
  ]
}

/** The actor of one way: `open()` gives the calls, `read(chain names)` what they say of chains, `together(work)` makes what it does one commit. */
async function actor(name, { owner, backend, random, ConflictError }, open) {
  const model = new TableModel(TABLE)
  const counts = { operations: 0, refused: 0, comparisons: 0, conflicts: 0 }
  let number = 0
  const way = await open()
  const nextName = () => `${owner}-${++number}`

  const any = () => random.pick(kinds({ random, model, owner, way, nextName }))()

  async function step() {
    counts.operations++
    const before = model.clone()
    try {
      if (random.once(15)) {
        counts.refused++
        await way.refuse()
      } else if (random.once(6)) {
        await way.together(async () => {
          for (let left = random.within(2, 5); left > 0; left--) await any()
        })
      } else await any()
    } catch (error) {
      // Others may be faster: then nothing has changed.
      if (!ConflictError.is(error)) throw error
      counts.conflicts++
      model.chains = before.chains
    }
  }

  async function compare() {
    counts.comparisons++
    const expected = linesOf(
      owner,
      [...model.chains].map(([chain, one]) => ({ name: chain, ...one })),
    )
    const saved = execFileSync(`iptables-${backend}-save`, ['-t', TABLE], { encoding: 'utf8', stdio: 'pipe' })
    if (saved.includes(`*${TABLE}`))
      demandSameList(linesOf(owner, chainsOf(saved)), expected, `${name}: iptables-${backend}-save, beside the model`)
    for (const [chain, { rules }] of model.chains) {
      const read = (await way.rules(chain)).filter((text) => text.includes(`--comment ${owner}-`))
      demandSameList(read, rules, `${name}: rules of ${chain}, beside the model`)
    }
  }

  return { name, counts, step, compare, close: () => way.close(), reopen: async () => way.reopen() }
}

/** Each call with a connection of its own. */
export async function easyActor(load, backend, random) {
  const { easyOn, fromDictionary, toDictionary } = await load('iptc/index.js')
  const { ConflictError, formatRule, parseRule, InputError } = await load('xtables/index.js')
  const iptc = easyOn({ backend })
  const dictionary = (text) => toDictionary(parseRule(text), 'ip')
  return actor(`iptc easy, ${backend}`, { owner: `easy${backend}`, backend, random, ConflictError }, async () => ({
    append: (chain, text) => iptc.addRule(TABLE, chain, dictionary(text)),
    insert: (chain, text) => iptc.insertRule(TABLE, chain, dictionary(text)),
    remove: (chain, text) => iptc.deleteRule(TABLE, chain, dictionary(text)),
    newChain: (chain) => iptc.addChain(TABLE, chain),
    deleteChain: (chain) => iptc.deleteChain(TABLE, chain, { flush: true }),
    flush: (chain) => iptc.flushChain(TABLE, chain),
    setPolicy: (chain, policy) => iptc.setPolicy(TABLE, chain, policy),
    rules: async (chain) =>
      (await iptc.dumpChain(TABLE, chain)).map((one) => formatRule({ ...fromDictionary(one, 'ip'), counters: undefined })),
    async together(work) {
      await iptc.batchBegin(TABLE)
      try {
        await work()
      } finally {
        await iptc.batchEnd(TABLE)
      }
    },
    refuse: () =>
      rejection(iptc.deleteRule(TABLE, 'INPUT', { src: '192.0.2.77', target: 'DROP' }), 'deleting a rule that is not there', InputError),
    close() {},
    reopen() {},
  }))
}

/** A table that commits when it is told to. */
export async function objectsActor(load, backend, random) {
  const { Chain, Table } = await load('iptc/index.js')
  const { ConflictError, formatRule, parseRule, InputError } = await load('xtables/index.js')
  const open = () => new Table(TABLE, { backend })
  let table = open()
  const chain = (name) => new Chain(table, name)
  /** Commits what some work changes as one; a part of what is committed already as one goes with it. */
  const together = async (work) => {
    if (!table.autocommit) return work()
    table.autocommit = false
    try {
      await work()
      await table.commit()
    } finally {
      // What waits is dropped.
      await table.close()
      table = open()
    }
  }
  return actor(`iptc objects, ${backend}`, { owner: `obj${backend}`, backend, random, ConflictError }, async () => ({
    append: (name, text) => chain(name).appendRule(parseRule(text)),
    insert: (name, text) => chain(name).insertRule(parseRule(text)),
    remove: (name, text) => chain(name).deleteRule(parseRule(text)),
    newChain: async (name) => void (await table.createChain(name)),
    deleteChain: (name) =>
      together(async () => {
        await chain(name).flush()
        await chain(name).delete()
      }),
    flush: (name) => chain(name).flush(),
    setPolicy: (name, policy) => chain(name).setPolicy(policy),
    rules: async (name) => (await chain(name).rules).map((rule) => formatRule({ ...rule.toRule(), counters: undefined })),
    together,
    refuse: () => rejection(chain('INPUT').deleteRule(parseRule('-s 192.0.2.77 -j DROP')), 'deleting a rule that is not there', InputError),
    close: () => table.close(),
    reopen() {
      table = open()
    },
  }))
}
