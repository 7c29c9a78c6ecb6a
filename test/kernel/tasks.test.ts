import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { describeOracle, run } from '../support/kernel.js'
import { packageFolder } from '../support/package-folder.js'
import { asShown, commandsOf, printedBy, type Step, stepsOf } from '../support/page-steps.js'
import { type Ended, startProgram } from '../support/served.js'

const ROOT = join(__dirname, '../..')
const PAGES = readdirSync(join(ROOT, 'docs/guide/tasks')).filter((name) => name.endsWith('.md'))

const CLONE_NEWNET = 0x4000_0000 // include/uapi/linux/sched.h

/** A network namespace for the container that a page speaks of: it lives as long as a process in it. */
async function container(): Promise<{ readonly pid: number; leave(): Promise<void> }> {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up; echo there; exec sleep 300'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error('unshare --net does not work')))])
  const leave = async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  return { pid: child.pid as number, leave }
}

test('README.md names every page', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  expect(PAGES.length).toBeGreaterThan(5)
  expect(PAGES.filter((page) => !readme.includes(`(docs/guide/tasks/${page})`))).toEqual([])
})

test.each(PAGES)('links of docs/guide/tasks/%s lead somewhere', (page) => {
  const folder = join(ROOT, 'docs/guide/tasks')
  const links = [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path as string)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter((path) => !existsSync(join(folder, path)))).toEqual([])
})

describe.each(PAGES)('docs/guide/tasks/%s', (page) => {
  const steps = stepsOf(`docs/guide/tasks/${page}`)

  test('has programs, says what they print, and shows what the tools print afterwards', () => {
    const programs = steps.filter(({ kind }) => kind === 'program')
    const shown = steps.filter(({ kind }) => kind === 'console').flatMap(commandsOf)
    expect(programs.length).toBeGreaterThan(1)
    expect(programs.flatMap(printedBy).length).toBeGreaterThan(0)
    expect(shown.filter(({ command }) => /iptables(-nft)?-save/.test(command)).length).toBeGreaterThan(1)
  })

  // A page is read from its top to its end: each step finds what those before it have left in the kernel.
  describeOracle('iptables-save', 'on the kernel, in a network namespace of its own', () => {
    const folder = packageFolder()
    let other: Awaited<ReturnType<typeof container>>
    let failed = false

    beforeAll(async () => {
      expect(koffi.load(null).func('int unshare(int)')(CLONE_NEWNET)).toBe(0)
      run('ip', ['link', 'set', 'lo', 'up'])
      other = await container()
    })
    afterAll(() => other.leave())

    /** The pid that pages name, and the namespace that they call 'blue', are those of the container. */
    const here = (text: string) => text.replaceAll('4242', String(other.pid)).replaceAll("'blue'", `'/proc/${other.pid}/ns/net'`)

    const finish = (program: string, args: readonly string[]): Promise<Ended> => {
      const { child, ended } = startProgram(program, args, { cwd: folder })
      child.stdin?.end()
      return ended
    }

    const runStep = async (step: Step): Promise<void> => {
      if (step.kind === 'program') {
        const file = join(folder, `line-${step.line}.mjs`)
        writeFileSync(file, here(step.text))
        const { code, output, errors } = await finish(process.execPath, [file])
        expect({ errors, printed: output.split('\n').slice(0, -1), code }).toEqual({ errors: '', printed: printedBy(step), code: 0 })
        return
      }
      for (const { command, lines } of commandsOf(step)) {
        const { code, output, errors } = await finish('sh', ['-c', here(command)])
        expect({ command, errors, shown: asShown(output), code }).toEqual({ command, errors: '', shown: lines, code: 0 })
      }
    }

    test.each(steps)('line $line: the $kind below "$heading" does what it says', async (step) => {
      if (failed) throw new Error('a step before this one has failed: what it should have left is not there')
      failed = true
      await runStep(step)
      failed = false
    })

    test('at the end nothing is left', () => {
      const kept = ['iptables-save', 'ip6tables-save'].flatMap((program) => asShown(run(program, [])))
      expect(kept.filter((line) => !/^(\*\w+|:\w+ ACCEPT \[0:0\]|COMMIT)$/.test(line))).toEqual([])
    })
  })
})
