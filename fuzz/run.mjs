// Throws generated and mutated inputs at every decoder and parser: each has to give a value that is written, or printed,
// back to the same, or one of the library's own errors; soon, and without the memory growing.
//
//   npm run fuzz -- [--seconds 600] [--seed N] [--target NAME] [--input N] [--folder FOLDER] [--built FOLDER] [--targets FILE]
//
// --target takes a part of a target's name; --input tries one input of it again; --folder keeps each finding as a file;
// --targets is another list of targets than targets.mjs. The same seed makes the same inputs. Ends with 1 when something
// was found.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BUILT } from './library.mjs'
import { findingText, progressLine, resultTable, saveFinding } from './report.mjs'
import { Supervisor } from './supervisor.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    target: { type: 'string', default: '' },
    input: { type: 'string' },
    folder: { type: 'string' },
    built: { type: 'string', default: BUILT },
    targets: { type: 'string', default: fileURLToPath(new URL('targets.mjs', import.meta.url)) },
  },
})

function wholeNumber(name) {
  const number = Number(values[name])
  if (!(Number.isInteger(number) && number >= 0)) throw new Error(`--${name} wants a whole number, not '${values[name]}'`)
  return number
}

const seconds = wholeNumber('seconds')
const seed = wholeNumber('seed')
const input = values.input === undefined ? undefined : wholeNumber('input')

console.log(`seed ${seed}`)
const supervisor = new Supervisor({ built: values.built, file: values.targets, seed, only: values.target, input })
const line = progressLine(seconds)
const began = performance.now()
const { names, counts, findings, memory } = await supervisor.run(seconds, (told) =>
  line.update(Math.floor((performance.now() - began) / 1000), told),
)
line.stop()

for (const finding of findings) {
  console.log(`\n${findingText(finding, seed)}`)
  if (values.folder !== undefined) saveFinding(values.folder, finding, seed)
}
console.log(`\n${resultTable(names, counts)}\n`)
const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`
console.log(`memory: ${megabytes(memory.first)} after the start, ${megabytes(memory.most)} at most, ${megabytes(memory.last)} at the end`)
console.log(
  `${findings.length === 0 ? 'no findings' : `${findings.length} findings`} in ${Math.round((performance.now() - began) / 1000)} s`,
)
process.exitCode = findings.length > 0 ? 1 : 0
