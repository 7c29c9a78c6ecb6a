// Filling a large set from strings: what `ipset restore` is used for today.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flatEntries, SIZED, SIZED_WORDS, saved, settle } from '../data.mjs'
import { undisturbed } from '../others.mjs'
import { clear, demandEntries, ipset, kernelLimit, library, seconds, subject } from '../programs.mjs'
import { stallRow, timeRow } from '../rows.mjs'
import { watchLoop } from '../stall.mjs'

const COUNT = 1_000_000
const SET = 'bench'

function addCase(type) {
  const what = `add ${COUNT.toLocaleString('en-US')} strings to ${type}`
  return {
    name: type,
    what,
    async ours() {
      const { IPSet } = await library()
      const strings = flatEntries(type, COUNT)
      const ipset = new IPSet()
      await ipset.create(SET, { stype: type, ...SIZED })
      settle()
      const stalled = await watchLoop()
      const began = performance.now()
      await ipset.addAll(SET, strings)
      const seconds = (performance.now() - began) / 1000
      const stall = await stalled()
      ipset.close()
      return { seconds, stall }
    },
    async run({ directory, runs, tick }) {
      const file = join(directory, `${type.replace(':', '-')}.save`)
      writeFileSync(file, saved(type, SET, COUNT))
      const create = async () => {
        await clear()
        ipset('create', SET, type, ...SIZED_WORDS)
      }
      const kernel = []
      const tool = []
      const ours = []
      for (let i = 0; i < runs; i++) {
        kernel.push(await undisturbed(create, () => kernelLimit(directory, 'add', SET, type.slice(5), COUNT)))
        tool.push(await undisturbed(clear, () => seconds('ipset', ['restore'], file)))
        demandEntries(SET, COUNT)
        ours.push(await undisturbed(clear, () => subject('add.mjs', type)))
        demandEntries(SET, COUNT)
        tick()
      }
      await clear()
      const times = ours.map((one) => one.seconds)
      return [
        timeRow(what, times, 'ipset restore', tool, { faster: 4 }),
        timeRow(what, times, 'the kernel alone', kernel, { within: 1.5 }),
        stallRow(what, ours.map((one) => one.stall)),
      ]
    },
  }
}

export const cases = [addCase('hash:ip'), addCase('hash:net')]
