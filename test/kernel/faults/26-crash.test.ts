import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type IPSet, WiSet } from '../../../src/index.js'
import { rejection } from '../../support/rejection.js'
import { eventually, sleep } from '../../support/waiting.js'
import { builtModule, scriptFile, startScript } from '../../support/build.js'
import { describeKernel } from '../../support/kernel.js'
import { entriesIn, headerOf, removeAllSets } from '../../support/sets.js'

/** Replaces the entries of `ban`; says so when the temporary set is filled, and stays there for ever. */
const STOPPED = () => `import { getIpsetSocket, WiSet } from '${builtModule()}'
  const sock = getIpsetSocket()
  sock.swap = () => new Promise(() => {
    console.log('filled ' + process.pid)
    setInterval(() => {}, 1000)
  })
  await new WiSet({ name: process.argv[2] ?? 'ban', sock }).replaceEntries(['192.0.2.1', '192.0.2.2'])`

async function temporarySets(ipset: IPSet): Promise<string[]> {
  return (await ipset.names()).filter((name) => name.startsWith('nfkit~'))
}

describeKernel('26. a process killed between filling the temporary set and the swap', () => {
  let ban: WiSet
  beforeEach(async () => {
    await removeAllSets()
    ban = new WiSet({ name: 'ban', comment: true })
    await ban.create()
    await ban.add('10.0.0.1', { comment: 'old' })
  })
  afterEach(() => ban.closeNetlink())

  test('leaves the old entries as they were; the next replacement removes what it left', async () => {
    const script = startScript(STOPPED())
    await script.line('filled')
    script.child.kill('SIGKILL')
    expect((await script.ended).signal).toBe('SIGKILL')

    const [left, ...more] = await temporarySets(ban.sock)
    expect(more).toEqual([])
    expect(await entriesIn(ban.sock, left as string)).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['10.0.0.1'])
    expect((await ban.content).get('10.0.0.1')).toMatchObject({ comment: 'old' })

    expect(await ban.replaceEntries(['10.0.0.2'])).toBe(1)
    expect(await ban.sock.names()).toEqual(['ban'])
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['10.0.0.2'])
  })

  test('is cleaned up after also while its parent has not yet taken note of its end', async () => {
    // The shell becomes `sleep`, which never asks what became of its child: a zombie stays in the process table.
    const shell = spawn('sh', ['-c', `${process.execPath} ${scriptFile(STOPPED())} & exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      let output = ''
      shell.stdout.on('data', (piece: Buffer) => {
        output += piece.toString()
      })
      await eventually(() => output.includes('filled'))
      const pid = Number(output.split(' ')[1])
      process.kill(pid, 'SIGKILL')
      await eventually(() => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
      await ban.replaceEntries(['10.0.0.2'])
      expect(await ban.sock.names()).toEqual(['ban'])
    } finally {
      shell.kill('SIGKILL')
    }
  })

  test('is not taken for one that is still at work: that one’s set stays', async () => {
    const script = startScript(STOPPED())
    await script.line('filled')
    try {
      const before = await temporarySets(ban.sock)
      await ban.replaceEntries(['10.0.0.2'])
      expect(await temporarySets(ban.sock)).toEqual(before)
    } finally {
      script.child.kill('SIGKILL')
      await script.ended
    }
  })

  test('is cleaned up after by the same set alone', async () => {
    await ban.sock.create('other')
    const script = startScript(STOPPED(), ['other'])
    await script.line('filled')
    script.child.kill('SIGKILL')
    await script.ended
    await ban.replaceEntries(['10.0.0.2'])
    expect(await temporarySets(ban.sock)).toHaveLength(1)
    await new WiSet({ name: 'other', sock: ban.sock }).replaceEntries([])
    expect((await ban.sock.names()).sort()).toEqual(['ban', 'other'])
  })

  test('five times over leaves nothing behind in the end', async () => {
    const scripts = Array.from({ length: 5 }, () => startScript(STOPPED()))
    await Promise.all(scripts.map((script) => script.line('filled')))
    expect(await temporarySets(ban.sock)).toHaveLength(5)
    for (const { child } of scripts) child.kill('SIGKILL')
    await Promise.all(scripts.map(({ ended }) => ended))
    await ban.replaceEntries(['10.0.0.2'])
    expect(await ban.sock.names()).toEqual(['ban'])
  })
})

describeKernel('26. a replacement that fails by itself', () => {
  beforeEach(removeAllSets)

  test.each([
    ['a bad entry', () => ['10.0.0.2', 'nonsense'], {}],
    [
      'a source that throws',
      (): never => {
        throw new RangeError('mine')
      },
      {},
    ],
    [
      'a source that throws later',
      async function* (): AsyncGenerator<string> {
        yield '10.0.0.2'
        await sleep(1)
        throw new RangeError('mine')
      },
      {},
    ],
    ['too many entries', () => Array.from({ length: 70 }, (_, i) => `10.0.1.${i}`), {}],
    ['an abort', () => ['10.0.0.2'], { signal: AbortSignal.abort() }],
  ] as const)('because of %s changes nothing and leaves nothing behind', async (_, source, options) => {
    await using ban = new WiSet({ name: 'ban', maxelem: 64 })
    await ban.create()
    await ban.add('10.0.0.1')
    const before = await headerOf(ban.sock, 'ban')
    await rejection((async () => ban.replaceEntries((source as () => Iterable<string>)(), options))())
    expect(await ban.sock.names()).toEqual(['ban'])
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['10.0.0.1'])
    expect(await headerOf(ban.sock, 'ban')).toEqual(before)
  })

  test('because it is aborted half way changes nothing and leaves nothing behind', async () => {
    await using ban = new WiSet({ name: 'ban', maxelem: 1_000_000 })
    await ban.create()
    await ban.add('10.0.0.1')
    const controller = new AbortController()
    const many = Array.from({ length: 50_000 }, (_, i) => `11.0.${i >> 8}.${i & 255}`)
    const error = await rejection(
      ban.replaceEntries(many, { signal: controller.signal, onProgress: () => controller.abort() }),
    )
    expect(error).toMatchObject({ code: 'ERR_ABORTED' })
    expect(await ban.sock.names()).toEqual(['ban'])
    expect(await entriesIn(ban.sock, 'ban')).toEqual(['10.0.0.1'])
  })
})
