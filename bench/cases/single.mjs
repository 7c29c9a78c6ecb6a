// One entry after the other, each acknowledged before the next is sent.
import { flatEntries, SIZED, SIZED_WORDS, settle } from '../data.mjs'
import { undisturbed } from '../others.mjs'
import { clear, demandEntries, ipset, kernelLimit, library, subject } from '../programs.mjs'
import { boundRow, rateRow, stallRow } from '../rows.mjs'
import { watchLoop } from '../stall.mjs'

const SECONDS = 3
const MOST = 1_000_000
const SET = 'bench'

const single = {
  name: 'single',
  what: 'acknowledged single additions on one socket',
  async ours() {
    const { IPSet } = await library()
    const strings = flatEntries('hash:ip', MOST)
    const ipset = new IPSet()
    await ipset.create(SET, { stype: 'hash:ip', ...SIZED })
    settle()
    const stalled = await watchLoop()
    const began = performance.now()
    const end = began + SECONDS * 1000
    let count = 0
    while (count < MOST && (count % 256 !== 0 || performance.now() < end)) await ipset.add(SET, strings[count++])
    const rate = count / ((performance.now() - began) / 1000)
    const stall = await stalled()
    ipset.close()
    return { count, rate, stall }
  },
  async run({ directory, runs, tick }) {
    const create = async () => {
      await clear()
      ipset('create', SET, 'hash:ip', ...SIZED_WORDS)
    }
    const kernel = []
    const ours = []
    for (let i = 0; i < runs; i++) {
      ours.push(await undisturbed(clear, () => subject('single.mjs', 'single')))
      const { count } = ours[i]
      kernel.push(count / (await undisturbed(create, () => kernelLimit(directory, 'single', SET, count))))
      demandEntries(SET, count)
      tick()
    }
    await clear()
    const rates = ours.map((one) => one.rate)
    return [
      boundRow(single.what, rates, 'a second', { least: 100_000 }),
      rateRow(single.what, rates, 'the kernel alone', kernel),
      stallRow(single.what, ours.map((one) => one.stall)),
    ]
  },
}

export const cases = [single]
