import { type ChildProcess, spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { IPSet, loadAllIpsets, loadIpset, WiSet } from '../../src/index.js'
import { temporaryName } from '../../src/wiset/temporary.js'
import { describeKernel } from '../support/kernel.js'
import { removeAllSets } from '../support/sets.js'
import { eventually } from '../support/waiting.js'

describeKernel('a WiSet of another network namespace', () => {
  let child: ChildProcess
  let path: string

  beforeEach(async () => {
    const home = readlinkSync('/proc/self/ns/net')
    child = spawn('unshare', ['-n', 'sleep', '60'], { stdio: 'ignore' })
    path = `/proc/${child.pid}/ns/net`
    await eventually(() => readlinkSync(path) !== home)
    await using here = new IPSet()
    await here.create('ban')
    await here.add('ban', '10.0.0.1')
    await using there = new IPSet({ netns: path })
    await there.create('ban')
  })
  afterEach(async () => {
    child.kill('SIGKILL')
    await removeAllSets()
  })

  /** What a change through a set does here and there. */
  async function expectThere(set: WiSet): Promise<void> {
    await set.add('10.0.0.2')
    await using here = new IPSet()
    await using there = new IPSet({ netns: path })
    expect(await here.testAll('ban', ['10.0.0.1', '10.0.0.2'])).toEqual([true, false])
    expect(await there.testAll('ban', ['10.0.0.1', '10.0.0.2'])).toEqual([false, true])
    set.closeNetlink()
  }

  test('stays one of that namespace when it has to open its own socket', async () => {
    await using there = new IPSet({ netns: path })
    expect(there.netns).toBe(path)
    await expectThere((await loadIpset('ban', { sock: there }))!)
  })

  test('stays one of that namespace when the socket it was given has been closed', async () => {
    const there = new IPSet({ netns: path })
    const sets = await loadAllIpsets({ sock: there, inheritSock: true })
    there.close()
    await expectThere(sets.get('ban')!)
  })

  test('stays one of that namespace when it was made with a socket', async () => {
    const there = new IPSet({ netns: path })
    const set = new WiSet({ name: 'ban', sock: there })
    there.close()
    await expectThere(set)
  })
})

describeKernel('two threads that replace the entries of one set', () => {
  afterEach(removeAllSets)

  test('do not fail because both count their temporary sets from one', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban')
    const parts = temporaryName('ban').split('.')
    const next = (Number.parseInt(parts.at(-1)!, 36) + 1).toString(36)
    const taken = [...parts.slice(0, -1), next].join('.')
    await ipset.create(taken)
    await ipset.add(taken, '10.9.9.9')
    expect(await new WiSet({ name: 'ban', sock: ipset }).replaceEntries(['10.0.0.1'])).toBe(1)
    expect(await ipset.test('ban', '10.0.0.1')).toBe(true)
    expect((await ipset.names()).sort()).toEqual(['ban', taken].sort())
    expect(await ipset.test(taken, '10.9.9.9')).toBe(true)
  })
})
