// The command line beside the tool whose place it takes, on large saved rulesets. No budget: for information.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fill, saved } from '../data.mjs'
import { nothing, undisturbed } from '../others.mjs'
import { clear, demandEntries, NFKIT, seconds } from '../programs.mjs'
import { timeRow } from '../rows.mjs'

const COUNT = 1_000_000
const SET = 'bench'

function restoreCase(type) {
  const what = `nfkit ipset restore of 1,000,000 lines, ${type}`
  return {
    name: `restore ${type}`,
    what,
    async run({ directory, runs, tick }) {
      const file = join(directory, 'text.save')
      writeFileSync(file, saved(type, SET, COUNT))
      const tool = []
      const ours = []
      for (let i = 0; i < runs; i++) {
        tool.push(await undisturbed(clear, () => seconds('ipset', ['restore'], file)))
        ours.push(await undisturbed(clear, () => seconds(process.execPath, [NFKIT, 'ipset', 'restore'], file)))
        demandEntries(SET, COUNT)
        tick()
      }
      await clear()
      return [timeRow(what, ours, 'ipset restore', tool)]
    },
  }
}

function saveCase(type) {
  const what = `nfkit ipset save of 1,000,000 entries, ${type}`
  return {
    name: `save ${type}`,
    what,
    async run({ directory, runs, tick }) {
      await clear()
      fill(SET, type, COUNT, directory)
      const tool = []
      const ours = []
      for (let i = 0; i < runs; i++) {
        tool.push(await undisturbed(nothing, () => seconds('ipset', ['save', SET])))
        ours.push(await undisturbed(nothing, () => seconds(process.execPath, [NFKIT, 'ipset', 'save', SET])))
        tick()
      }
      await clear()
      return [timeRow(what, ours, 'ipset save', tool)]
    },
  }
}

export const cases = [restoreCase('hash:ip'), restoreCase('hash:net'), saveCase('hash:ip'), saveCase('hash:net')]
