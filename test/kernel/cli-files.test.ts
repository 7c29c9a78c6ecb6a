import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/ipset.js'
import { IPSet } from '../../src/index.js'
import { describeKernel, run } from '../support/kernel.js'
import { removeAllSets } from '../support/sets.js'

describeKernel('the files of the ipset command', () => {
  let folder: string
  let errors: string
  const stderr = jest.spyOn(process.stderr, 'write')

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netfilter-kit-'))
    errors = ''
    stderr.mockImplementation((text) => {
      errors += text
      return true
    })
    await using ipset = new IPSet()
    await ipset.create('ban')
    await ipset.add('ban', '10.0.0.1')
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true })
    await removeAllSets()
  })
  afterAll(() => stderr.mockRestore())

  test('restore reads a pipe to its end, whoever writes it and how slowly', async () => {
    const pipe = join(folder, 'pipe')
    run('mkfifo', [pipe])
    const writer = spawn('sh', ['-c', `for i in 2 3 4; do echo "add ban 10.0.0.$i"; sleep 0.05; done > ${pipe}`], { stdio: 'ignore' })
    const ended = new Promise((resolve) => writer.once('exit', resolve))
    expect(await main(['restore', '-f', pipe])).toBe(0)
    expect(await ended).toBe(0)
    await using ipset = new IPSet()
    expect(await ipset.testAll('ban', ['10.0.0.2', '10.0.0.3', '10.0.0.4'])).toEqual([true, true, true])
  })

  test.each([
    ['a folder', () => folder],
    ['a file that is not there', () => join(folder, 'none')],
  ])('restore says what it cannot read: %s', async (_, path) => {
    expect(await main(['restore', '-f', path()])).toBe(1)
    expect(errors).toMatch(/^ipset v7\.17: Cannot open .* for reading: E/)
  })

  test('save says that there is no room for what it writes', async () => {
    expect(await main(['save', '-f', '/dev/full'])).toBe(1)
    expect(errors).toMatch(/^ipset v7\.17: Cannot write to \/dev\/full: ENOSPC/)
  })

  test('save fills a file', async () => {
    const file = join(folder, 'sets')
    expect(await main(['save', '-f', file])).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(/^create ban hash:ip .*\nadd ban 10\.0\.0\.1\n$/)
  })
})
