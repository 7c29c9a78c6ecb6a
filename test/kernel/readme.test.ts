import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IPSet } from '../../src/index.js'
import { openXtables, TABLE_CHAINS } from '../../src/xtables/index.js'
import { examplesOf, runExample } from '../support/examples.js'
import { describeKernel } from '../support/kernel.js'
import { FAMILIES } from '../support/xtables.js'

/** A namespace for the examples that enter one called 'blue': it lives as long as this process in it. */
async function otherNamespace(): Promise<{ path: string; leave(): void }> {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'echo there; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('unshare --net does not work')))
    child.stdout.once('data', resolve)
  })
  return { path: `/proc/${child.pid}/ns/net`, leave: () => void child.kill() }
}

/** The chains that hold rules, are not built in, or have another policy than they come with. */
async function chainsInUse(): Promise<string[]> {
  await using xt = await openXtables()
  const found: string[] = []
  for (const family of FAMILIES) {
    for (const [table, chains] of Object.entries(await xt[family].readAll())) {
      for (const [name, { policy, rules }] of Object.entries(chains)) if (policy !== 'ACCEPT' || rules.length > 0) found.push(`${family} ${table} ${name}`)
    }
  }
  return found
}

/** Makes the tables what they are when nobody has used them. */
async function emptyTables(): Promise<void> {
  await using xt = await openXtables()
  const tables = new Set((await chainsInUse()).map((place) => place.split(' ')[1] as string))
  const open = { policy: 'ACCEPT', rules: [] } as const
  await xt.transaction((tx) => {
    for (const table of tables) {
      const chains = Object.fromEntries((TABLE_CHAINS[table] ?? []).map((name) => [name, open]))
      for (const family of FAMILIES) tx[family].restore({ [table]: chains })
    }
  })
}

const PAGES = [
  'README.md',
  'docs/guide/ipset.md',
  'docs/guide/xtables.md',
  'docs/guide/iptc.md',
  'docs/guide/builder.md',
  'docs/guide/daemon.md',
  'docs/guide/coming-from-python-iptables.md',
  'docs/guide/coming-from-pytables.md',
  'docs/guide/coming-from-pyptables.md',
  'docs/guide/coming-from-pyroute2.md',
]

describe.each(PAGES)('the examples of %s', (page) => {
  const examples = examplesOf(page)

  test('are there, and most say what they print', () => {
    expect(examples.length).toBeGreaterThan(3)
    expect(examples.filter(({ prints }) => prints.length > 0).length).toBeGreaterThan(examples.length / 2)
  })

  describeKernel('on the kernel', () => {
    let folder: string
    let blue: Awaited<ReturnType<typeof otherNamespace>>
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'examples-'))
      // Examples send packets to themselves.
      execFileSync('ip', ['link', 'set', 'lo', 'up'])
      blue = await otherNamespace()
    })
    afterAll(() => {
      blue.leave()
      rmSync(folder, { recursive: true })
    })
    // What an example that failed has left behind shall not fail the next.
    beforeEach(async () => {
      await using ipset = new IPSet()
      await emptyTables()
      await ipset.destroy()
    })

    test.each(examples)('line $line ($heading) works as printed', async ({ code, prints }) => {
      await using ipset = new IPSet()
      const here = code.replaceAll("'blue'", `'${blue.path}'`).replaceAll("'sets.txt'", `'${folder}/sets.txt'`)
      const printed = await runExample(here)
      expect(printed).toEqual(prints)
      expect(await ipset.names()).toEqual([])
      expect(await chainsInUse()).toEqual([])
    })
  })
})
