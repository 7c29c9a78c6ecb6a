// What a program pays before it has done anything: the import, and a whole short command.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nothing, undisturbed } from '../others.mjs'
import { clear, ipset, LIBRARY_URL, NFKIT, seconds } from '../programs.mjs'
import { timeRow } from '../rows.mjs'

const NODE = 'node -e 0'
/** Starts are short, so that much else is in them: this many more of them than of the other cases' runs. */
export const MORE_STARTS = 5

/** Times of a program and of a Node that does nothing, in turns. */
async function startTimes(words, runs, tick) {
  const ours = []
  const theirs = []
  for (let i = 0; i < runs; i++) {
    const turns = await undisturbed(nothing, () => Array.from({ length: MORE_STARTS }, () => startBoth(words)))
    theirs.push(...turns.map(([bare]) => bare))
    ours.push(...turns.map(([, started]) => started))
    tick()
  }
  return [ours, theirs]
}

function startBoth(words) {
  return [seconds(process.execPath, ['-e', '0']), seconds(process.execPath, words)]
}

const importing = {
  name: 'import',
  what: "import 'netfilter-kit', the whole process",
  async run({ directory, runs, tick }) {
    const file = join(directory, 'import.mjs')
    writeFileSync(file, `import ${JSON.stringify(LIBRARY_URL)}\n`)
    const [ours, theirs] = await startTimes([file], runs, tick)
    // The budget is 60 ms where a Node that does nothing takes 45.
    return [timeRow(importing.what, ours, NODE, theirs, { within: 1.33 })]
  },
}

const command = {
  name: 'nfkit',
  what: 'nfkit ipset -n list, the whole process',
  async run({ runs, tick }) {
    await clear()
    ipset('create', 'one', 'hash:ip')
    ipset('create', 'two', 'hash:net')
    const [ours, theirs] = await startTimes([NFKIT, 'ipset', '-n', 'list'], runs, tick)
    await clear()
    return [timeRow(command.what, ours, NODE, theirs, { within: 2.5 })]
  },
}

export const cases = [importing, command]
