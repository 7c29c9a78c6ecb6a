import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { InputError, IPSet, TransportError, WiSet } from '../../../src/index.js'
import { DirectSocket } from '../../../src/netlink/socket/direct.js'
import { openTransport } from '../../../src/netlink/socket/open.js'
import { rejection } from '../../support/rejection.js'
import { eventually } from '../../support/waiting.js'
import { describeKernel, describeOracle, run } from '../../support/kernel.js'
import { entriesIn } from '../../support/sets.js'

const here = () => readlinkSync('/proc/thread-self/ns/net')
const descriptors = () => readdirSync('/proc/self/fd').length

describeKernel('42. a socket in another network namespace', () => {
  let child: ChildProcess
  let path: string
  const home = here()
  /** The sets there, as somebody who lives there sees them. */
  const setsThere = () =>
    run('nsenter', [`--net=${path}`, 'ipset', 'list', '-n'])
      .split('\n')
      .filter(Boolean)
      .sort()

  beforeEach(async () => {
    child = spawn('unshare', ['-n', 'sleep', '60'], { stdio: 'ignore' })
    path = `/proc/${child.pid}/ns/net`
    await eventually(() => readlinkSync(path) !== home)
  })
  afterEach(() => {
    expect(here()).toBe(home)
    child.kill('SIGKILL')
  })

  test('works there and not here, and this thread stays at home', async () => {
    await using there = new IPSet({ netns: path })
    await using mine = new IPSet()
    await there.create('there')
    await mine.create('mine')
    expect(here()).toBe(home)
    expect([await there.names(), await mine.names()]).toEqual([['there'], ['mine']])
    expect(setsThere()).toEqual(['there'])
    await mine.destroy()
  })

  test('takes the sockets of nested lists and of a WiSet with it', async () => {
    await using there = new IPSet({ netns: path })
    await there.create('a', { maxelem: 100_000 })
    await there.addAll(
      'a',
      Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`),
    )
    for await (const _ of there.list('a')) {
      expect(await there.names()).toEqual(['a'])
      break
    }
    await using set = new WiSet({ name: 'b', netns: path })
    await set.create()
    await set.replaceEntries(['10.0.0.1'])
    expect(setsThere()).toEqual(['a', 'b'])
  })

  test('stays there when those who made the namespace are gone', async () => {
    await using there = new IPSet({ netns: path })
    await there.create('there')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    await there.add('there', '10.0.0.1')
    expect(await entriesIn(there, 'there')).toEqual(['10.0.0.1'])
  })

  test('leaves no descriptor of the namespace behind when it is closed', async () => {
    ;(await openTransport('direct', { netns: path })).close()
    const before = descriptors()
    for (let i = 0; i < 20; i++) (await openTransport('direct', { netns: path })).close()
    expect(descriptors()).toBe(before)
  })

  test('is not made when the socket cannot be had: this thread is back home all the same', async () => {
    const before = descriptors()
    expect(await rejection(DirectSocket.open({ netns: path, protocol: 999 }))).toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(here()).toBe(home)
    expect(descriptors()).toBe(before)
  })

  test('many at once, here and there, do not mix', async () => {
    const names = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await using ipset = new IPSet(i % 2 ? { netns: path } : {})
        await ipset.create(`set${i}`)
        return i
      }),
    )
    await using mine = new IPSet()
    const even = names.filter((i) => i % 2 === 0).map((i) => `set${i}`)
    expect((await mine.names()).sort()).toEqual(even.sort())
    expect(setsThere()).toHaveLength(10)
    await mine.destroy()
  })
})

describeKernel('42. a network namespace that cannot be entered', () => {
  const home = here()
  afterEach(() => expect(here()).toBe(home))

  test('because it is not there says so, and how it would be made', async () => {
    const error = await rejection(openTransport('auto', { netns: 'netfilter-kit-none' }))
    expect(TransportError.is(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'ERR_SYSTEM',
      message: expect.stringMatching(/\/netns\/netfilter-kit-none.*ip netns add netfilter-kit-none/),
    })
    expect(await rejection(openTransport('auto', { netns: '/proc/4194305/ns/net' }))).toMatchObject({
      code: 'ERR_SYSTEM',
    })
  })

  test.each(['/proc/self/ns/mnt', '/proc/self/status', '/tmp', '/dev/null'])(
    'because %s is none says so',
    async (path) => {
      const before = descriptors()
      const error = await rejection(openTransport('auto', { netns: path }))
      expect(error).toMatchObject({ code: 'ERR_SYSTEM', message: expect.stringContaining(path) })
      expect(error.message).toMatch(/not a network namespace/)
      expect(descriptors()).toBe(before)
    },
  )

  test.each(['', '.', '..', 'a/b', '../netns/a', 'a\0', '/proc/self/ns/net\0'])(
    'because %j is no name is an InputError',
    async (netns) => {
      const error = await rejection(openTransport('auto', { netns }))
      expect(InputError.is(error)).toBe(true)
      expect(error).toMatchObject({ path: 'netns' })
    },
  )

  test('by the loop transport says so', async () => {
    expect(await rejection(openTransport('loop', { netns: '/proc/self/ns/net' }))).toMatchObject({
      code: 'ERR_UNSUPPORTED',
    })
  })

  test('is told by every call of an IPSet, and by the next one anew', async () => {
    await using ipset = new IPSet({ netns: 'netfilter-kit-none' })
    for (const call of [() => ipset.names(), () => ipset.create('a'), () => ipset.list().next()]) {
      expect(await rejection(call())).toMatchObject({ code: 'ERR_SYSTEM' })
    }
  })
})

describeOracle('ip', '42. a network namespace by its name', () => {
  const name = `netfilter-kit-${process.pid}`
  const remove = () => run('sh', ['-c', `ip netns del ${name} 2>/dev/null || true`])
  beforeEach(() => {
    remove()
    run('ip', ['netns', 'add', name])
  })
  afterEach(remove)

  test('is found under /run/netns', async () => {
    await using there = new IPSet({ netns: name })
    await there.create('there')
    expect(run('ip', ['netns', 'exec', name, 'ipset', 'list', '-n'])).toBe('there\n')
  })

  test('is kept by its socket when the name is gone, or means another namespace by now', async () => {
    await using there = new IPSet({ netns: name })
    await there.create('there', { maxelem: 100_000 })
    await there.addAll(
      'there',
      Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`),
    )
    remove()
    expect(await there.names()).toEqual(['there'])
    run('ip', ['netns', 'add', name])
    expect(await there.names()).toEqual(['there'])
    // A list that is left early makes the socket anew, a nested list opens another: both in the same namespace.
    for await (const _ of there.list('there')) {
      expect(await there.names()).toEqual(['there'])
      break
    }
    expect(await there.names()).toEqual(['there'])
    expect(run('ip', ['netns', 'exec', name, 'ipset', 'list', '-n'])).toBe('')
  })
})
