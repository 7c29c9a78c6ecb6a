import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openTransport, Recorder } from '../../../src/netlink/index.js'
import { openXtables } from '../../../src/xtables/index.js'
import { builtModule, scriptFile } from '../../support/build.js'
import { nlmsg } from '../../support/bytes.js'
import { describeKernel } from '../../support/kernel.js'
import { testLarge } from '../../support/privileged.js'
import { describeNft, ownLock } from '../../support/xtables.js'

ownLock()

/** Root of a user namespace: it has a firewall of its own, and no right to more socket memory than anybody. */
const MODEST = ['--user', '--map-root-user', '--net']
/** Rules of which one batch is longer than everybody's send buffer may be: twice this number of bytes. A rule takes more than 100. */
const MANY = Math.ceil((2 * Number(readFileSync('/proc/sys/net/core/wmem_max', 'latin1'))) / 100)

function modestly(source: string): Record<string, unknown> {
  const script = scriptFile(`import { IPSet } from ${JSON.stringify(builtModule())}
    import { openXtables } from ${JSON.stringify(builtModule('xtables/index.js'))}
    ${source}`)
  return JSON.parse(execFileSync('unshare', [...MODEST, process.execPath, script], { encoding: 'utf8' }))
}

describeKernel('17. more than the send buffer of a process without rights takes at once', () => {
  test('of rules is refused before anything is sent, says what to do, and the connection goes on', () => {
    const { error, rules } = modestly(`
      const xt = await openXtables({ backend: 'nft' })
      const commit = (count) => xt.transaction((tx) => {
        for (let i = 1; i <= count; i++) tx.ip.append('filter', 'INPUT', { protocol: 'tcp', matches: [{ match: 'tcp', dport: i & 0xffff }] })
      })
      const error = await commit(${MANY}).catch(({ name, code, message }) => ({ name, code, message }))
      await commit(100)
      console.log(JSON.stringify({ error, rules: (await xt.ip.read('filter')).INPUT.rules.length }))
      xt.close()`)
    // A commit is one batch, or it would not be atomic: it is not split.
    expect(error).toEqual({ name: 'TransportError', code: 'ERR_OVERRUN', message: expect.stringMatching(/nothing was sent; run with CAP_NET_ADMIN, raise net\.core\.wmem_max, or change less/) })
    expect(rules).toBe(100)
  })

  test('of entries is split: all arrive', () => {
    const { added, listed } = modestly(`
      const ipset = new IPSet()
      await ipset.create('ban', { maxelem: 200_000 })
      const added = await ipset.addAll('ban', Array.from({ length: 100_000 }, (_, i) => '10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255)))
      let listed = 0
      for await (const { entries } of ipset.list('ban')) listed += entries.length
      ipset.close()
      console.log(JSON.stringify({ added, listed }))`)
    expect([added, listed]).toEqual([100_000, 100_000])
  })
})

describeKernel('17. a datagram that the send buffer just does not hold', () => {
  // The kernel gives twice what it is asked for, and takes no datagram of more than that less 32 bytes.
  test.each([-32, -31, -1, 0, 1])('finds room: %i bytes beside its size', async (beside) => {
    const socket = await openTransport('direct', { sendBuffer: 8192 })
    const datagram = nlmsg({ type: 1 }, Buffer.alloc(2 * 8192 + beside - 16))
    expect(socket.makeRoom?.(datagram.length)).toBe(true)
    await socket.send(datagram)
    socket.close()
  })
})

describeNft('17. more than the usual send buffer', (tables) => {
  testLarge('is given room, where there is the right to it: one batch', async () => {
    await using xt = await openXtables({ backend: 'nft' })
    await xt.transaction((tx) => {
      for (let i = 1; i <= 20_000; i++) tx.ip.append('filter', 'INPUT', { protocol: 'tcp', matches: [{ match: 'tcp', dport: i }] })
    })
    expect(tables.savedRules('ip')).toHaveLength(20_000)
  })

  testLarge('is asked of the kernel before anything is sent', async () => {
    const transport = new Recorder(await openTransport('direct', { sendBuffer: 1 }))
    expect(transport.makeRoom(8 * 1024 * 1024)).toBe(true)
    expect(transport.capture.frames).toEqual([])
    transport.close()
  })
})
