// Replacing all entries of a set at once, as a ban list is brought up to date.
import { flatEntries, settle } from '../data.mjs'
import { undisturbed } from '../others.mjs'
import { clear, demandEntries, library, subject } from '../programs.mjs'
import { rateRow, stallRow } from '../rows.mjs'
import { watchLoop } from '../stall.mjs'

const COUNT = 100_000
const SET = 'bench'
/** What pyroute2's WiSet manages, measured once on a machine like this one: entries a second. */
const PYROUTE2 = 6500

function replaceCase(type) {
  const what = `WiSet.replaceEntries of 100,000 strings, ${type}`
  return {
    name: type,
    what,
    async ours() {
      const { WiSet } = await library()
      const strings = flatEntries(type, 2 * COUNT)
      const before = strings.slice(COUNT)
      const after = strings.slice(0, COUNT)
      const set = new WiSet({ name: SET, attrType: type, maxelem: COUNT })
      await set.create()
      await set.insertList(before)
      settle()
      const stalled = await watchLoop()
      const began = performance.now()
      await set.replaceEntries(after)
      const rate = COUNT / ((performance.now() - began) / 1000)
      const stall = await stalled()
      set.closeNetlink()
      return { rate, stall }
    },
    async run({ runs, tick }) {
      const ours = []
      for (let i = 0; i < runs; i++) {
        ours.push(await undisturbed(clear, () => subject('replace.mjs', type)))
        demandEntries(SET, COUNT)
        tick()
      }
      await clear()
      return [
        rateRow(what, ours.map((one) => one.rate), 'pyroute2 (recorded)', [PYROUTE2], 100),
        stallRow(what, ours.map((one) => one.stall)),
      ]
    },
  }
}

export const cases = [replaceCase('hash:ip'), replaceCase('hash:net')]
