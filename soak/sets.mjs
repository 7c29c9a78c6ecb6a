// Operations by chance on sets of several types, with a model beside them.
import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { demand, demandSameList, rejection } from './difference.mjs'
import { SetsModel, SHARED } from './sets-model.mjs'
import { lineOf, SORTS, theirLine } from './set-sorts.mjs'

/** A type without addresses, whose sets cannot be swapped with any other. */
const APART = 'bitmap:port'
const NAMES = Array.from({ length: 12 }, (_, i) => `own-${i}`)
/** Of the entries of the shared set, those that are not the rival's. */
const OURS = /^10\./

export async function setsActor(load, random) {
  const { AlreadyExists, InputError, IPSet, IPSetError, NoSuchObject, SetInUseError, WiSet } = await load('index.js')
  let ipset = new IPSet()
  /** @type {Map<string, { sort: object, entries: Map<string, object> }>} */
  const sets = new Map()
  const counts = { operations: 0, refused: 0, comparisons: 0, busy: 0, expired: 0 }
  const sorts = []
  for (const sort of SORTS) {
    const { entry: _, ...options } = sort
    try {
      await ipset.create('probe', options)
      await ipset.destroy('probe')
      sorts.push(sort)
    } catch (error) {
      if (!IPSetError.is(error)) throw error
      console.log(`without sets of type ${sort.stype}: ${error.message}`)
    }
  }
  await ipset.create(SHARED, { stype: 'hash:ip' })
  sets.set(SHARED, { sort: { stype: 'hash:ip', entry: (r) => `10.9.0.${r.below(60)}` }, entries: new Map() })

  const { isList, isMember, there, own, entryFor, keep, look } = new SetsModel(sets, counts, random)
  const optionsOf = ({ until: _, ...options }) => options

  /** The kernel refuses some things while somebody lists the set: those are tried again. */
  const patiently = async (call) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call()
      } catch (error) {
        const busy = SetInUseError.is(error) || error?.errnoName === 'EBUSY'
        if (!busy || attempt > 200) throw error
        counts.busy++
        await pause(10)
      }
    }
  }
  const refused = async (promise, what, ...classes) => {
    counts.refused++
    await rejection(promise, what, ...classes)
  }

  async function reopen() {
    ipset = new IPSet()
  }

  const operations = [
    async function create() {
      const name = random.pick(NAMES)
      const sort = random.pick(sorts)
      const { entry: _, ...options } = sort
      if (sets.has(name)) return refused(ipset.create(name, options), 'making a set twice', AlreadyExists)
      await ipset.create(name, options)
      sets.set(name, { sort, entries: new Map() })
    },
    async function destroy() {
      const name = random.pick(NAMES)
      if (!random.once(3)) return
      if (!sets.has(name)) return refused(ipset.destroy(name), 'removing a set that is not there', NoSuchObject)
      if (isMember(name)) return refused(ipset.destroy(name), 'removing a member of a list', SetInUseError)
      await patiently(() => ipset.destroy(name))
      sets.delete(name)
    },
    async function add() {
      const name = random.pick(there())
      const entry = entryFor(name)
      const held = entry === undefined ? 'unsure' : look(name, entry)
      if (held === 'unsure') return
      const kept = keep(name)
      const exclusive = random.once(2)
      if (held && exclusive) return refused(ipset.add(name, entry, optionsOf(kept)), `adding ${entry} twice to ${name}`, IPSetError)
      await ipset.add(name, entry, { ...optionsOf(kept), exclusive })
      const { entries } = sets.get(name)
      entries.set(entry, kept)
    },
    async function remove() {
      const name = random.pick(there())
      const { entries } = sets.get(name)
      const entry = entries.size > 0 && !random.once(4) ? random.pick([...entries.keys()]) : entryFor(name)
      const held = entry === undefined ? 'unsure' : look(name, entry)
      if (held === 'unsure') return
      const exclusive = random.once(2)
      if (!held && exclusive) return refused(ipset.delete(name, entry), `deleting ${entry}, which is not in ${name}`, IPSetError)
      await ipset.delete(name, entry, { exclusive })
      entries.delete(entry)
    },
    async function test() {
      const name = random.pick(there())
      const entry = entryFor(name)
      const held = entry === undefined ? 'unsure' : look(name, entry)
      if (held === 'unsure') return
      demand(
        (await ipset.test(name, entry)) === (held !== undefined),
        `${entry} ${held ? 'is' : 'is not'} in ${name}, and its test says the reverse`,
      )
    },
    async function flush() {
      if (!random.once(5)) return
      const name = own().length > 0 ? random.pick(own()) : undefined
      if (name === undefined) return
      await ipset.flush(name)
      sets.get(name).entries.clear()
    },
    async function rename() {
      const [from, to] = [random.pick(NAMES), random.pick(NAMES)]
      if (!sets.has(from) || sets.has(to) || from === to) return
      if (isMember(from)) return refused(ipset.rename(from, to), 'renaming a member of a list', IPSetError)
      await patiently(() => ipset.rename(from, to))
      sets.set(to, sets.get(from))
      sets.delete(from)
    },
    async function swap() {
      const [one, other] = [random.pick(NAMES), random.pick(NAMES)]
      if (!sets.has(one) || !sets.has(other) || one === other) return
      const [a, b] = [sets.get(one), sets.get(other)]
      if ((a.sort.stype === APART) !== (b.sort.stype === APART))
        return refused(ipset.swap(one, other), 'swapping sets of two types', IPSetError)
      if (a.sort !== b.sort || a.sort.stype === 'list:set') return
      await patiently(() => ipset.swap(one, other))
      sets.set(one, b)
      sets.set(other, a)
    },
    async function addMany() {
      const name = random.pick(
        own()
          .filter((one) => !isList(one))
          .concat(SHARED),
      )
      const chosen = new Map(random.list(1, 80, () => [entryFor(name), keep(name)]).filter(([entry]) => look(name, entry) !== 'unsure'))
      await ipset.addAll(
        name,
        [...chosen].map(([entry, kept]) => ({ entry, ...optionsOf(kept) })),
        { exclusive: false },
      )
      const { entries } = sets.get(name)
      for (const [entry, kept] of chosen) entries.set(entry, kept)
    },
    async function removeMany() {
      const name = random.pick(
        own()
          .filter((one) => !isList(one))
          .concat(SHARED),
      )
      const { entries } = sets.get(name)
      const chosen = [...entries.keys()].filter((entry) => random.once(3) && look(name, entry) !== 'unsure')
      await ipset.deleteAll(name, chosen, { exclusive: false })
      for (const entry of chosen) entries.delete(entry)
    },
    async function replace() {
      const names = own().filter((one) => !isList(one))
      if (names.length === 0) return
      const name = random.pick(names)
      const chosen = new Map(random.list(0, 120, () => [entryFor(name), keep(name)]))
      const set = new WiSet({ name, ...(random.once(2) ? { sock: ipset } : {}) })
      try {
        await patiently(() => set.replaceEntries([...chosen].map(([entry, kept]) => ({ entry, ...optionsOf(kept) }))))
      } finally {
        set.closeNetlink()
      }
      sets.get(name).entries = chosen
    },
    async function restore() {
      const names = own().filter((one) => !isList(one) && !sets.get(one).sort.timeout && !sets.get(one).sort.comment)
      if (names.length === 0) return
      const name = random.pick(names)
      const { entries } = sets.get(name)
      const lines = random.list(1, 40, () => {
        const entry = entryFor(name)
        if (random.once(3)) {
          entries.delete(entry)
          return `del ${name} ${entry}\n`
        }
        entries.set(entry, {})
        return `add ${name} ${entry}\n`
      })
      demand((await ipset.restore(lines.join(''), { exist: true })) === lines.length, `restore has not counted ${lines.length} lines`)
    },
    async function mistakes() {
      const name = random.pick(there())
      if (isList(name)) return
      await refused(
        ipset.add(name, random.pick(['10.0.0.256', 'nonsense', '', '1.2.3.4.5', '10.0.0.1\nadd x'])),
        'adding nonsense',
        InputError,
      )
    },
    async function close() {
      if (!random.once(10)) return
      ipset.close()
      await reopen()
    },
  ]

  async function step() {
    counts.operations++
    await random.pick(operations)()
  }

  async function compare() {
    counts.comparisons++
    const listed = []
    for await (const { header } of ipset.list(undefined, { content: 'headers' })) listed.push(header.name)
    demandSameList(listed.filter((name) => NAMES.includes(name)).sort(), own().sort(), 'sets: names, beside the model')
    for (const [name, { entries }] of sets) {
      for (const entry of [...entries.keys()]) look(name, entry)
      const unsure = new Set([...entries.keys()].filter((entry) => look(name, entry) === 'unsure'))
      const sure = (entry) => !unsure.has(entry) && (name !== SHARED || OURS.test(entry))
      const expected = [...entries]
        .filter(([entry]) => sure(entry))
        .map(([entry, kept]) => lineOf(entry, kept))
        .sort()
      const ours = []
      for await (const { entry, comment, packets, bytes } of ipset.entries(name))
        if (sure(entry)) ours.push(lineOf(entry, { comment, packets, bytes }))
      demandSameList(ours.sort(), expected, `set ${name}: what is read, beside the model`)
      const saved = execFileSync('ipset', ['save', name], { encoding: 'utf8', stdio: 'pipe' })
        .split('\n')
        .filter((line) => line.startsWith('add '))
      const theirs = saved.map((line) => theirLine(line.slice(`add ${name} `.length))).filter((line) => sure(line.split(' ')[0]))
      demandSameList(theirs.sort(), expected, `set ${name}: ipset save, beside the model`)
    }
  }

  return { name: 'ipset', counts, step, compare, close: () => ipset.close(), reopen }
}
