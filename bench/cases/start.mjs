// What a program pays before it has done anything: the import, and a whole short command.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clear, ipset, LIBRARY_URL, NFKIT, seconds } from '../programs.mjs'
import { timeRow } from '../rows.mjs'

const NODE = 'node -e 0'
/** Starts are short, so that much else is in them: this many more of them than of the other cases' runs. */
export const MORE_STARTS = 5

/** Times of a program and of a Node that does nothing, in turns. */
function startTimes(words, runs) {
  const ours = []
  const theirs = []
  for (let i = 0; i < MORE_STARTS * runs; i++) {
    theirs.push(seconds(process.execPath, ['-e', '0']))
    ours.push(seconds(process.execPath, words))
  }
  return [ours, theirs]
}

const importing = {
  name: 'import',
  what: "import 'netfilter-kit', the whole process",
  async run({ directory, runs, tick }) {
    const file = join(directory, 'import.mjs')
    writeFileSync(file, `import ${JSON.stringify(LIBRARY_URL)}\n`)
    const [ours, theirs] = startTimes([file], runs)
    tick()
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
    const [ours, theirs] = startTimes([NFKIT, 'ipset', '-n', 'list'], runs)
    await clear()
    tick()
    return [timeRow(command.what, ours, NODE, theirs, { within: 2.5 })]
  },
}

export const cases = [importing, command]
