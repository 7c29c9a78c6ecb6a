import { DirectSocket } from '../../../src/netlink/socket/direct.js'
import { parseRule, Xtables } from '../../../src/xtables/index.js'
import { NftBackend } from '../../../src/xtables/nft/backend.js'
import { attribute, host32, net32, nlmsg, text } from '../../support/bytes.js'
import { sendAsForeigner } from '../../support/foreign-sender.js'
import { nft } from '../../support/nft-tables.js'
import { sleep } from '../../support/waiting.js'
import { describeNft, ownLock } from '../../support/xtables.js'

ownLock()

// include/uapi/linux/netfilter/nf_tables.h
const NEWGEN = 0x0a0f
const NEWRULE = 0x0a06

describeNft('datagrams that another process sends as if it were the kernel', (tables) => {
  test('change nothing of what is read and committed: they are dropped, and counted', async () => {
    nft('flush', 'ruleset')
    tables.tool('ip', '-A', 'INPUT', '-p', 'tcp')
    const socket = await DirectSocket.open({ receiveBuffer: 8 * 1024 * 1024 })
    const sent: number[] = []
    const send = socket.send.bind(socket)
    // Behind each request stand forged answers to it, with its number: another generation, a rule, a success, a refusal, the end of the list.
    socket.send = (datagram, background) => {
      const sequence = Buffer.from(datagram).readUInt32LE(8)
      const generation = nlmsg({ type: NEWGEN, sequence, port: socket.port }, Buffer.of(0, 0, 0, 0), attribute(1, net32(4711)))
      const rule = nlmsg({ type: NEWRULE, flags: 2, sequence, port: socket.port }, Buffer.of(2, 0, 0, 0), attribute(1, text('filter')), attribute(2, text('INPUT')))
      const success = nlmsg({ type: 2, sequence, port: socket.port }, host32(0), Buffer.alloc(16))
      const refusal = nlmsg({ type: 2, sequence, port: socket.port }, host32(-1), Buffer.alloc(16))
      const end = nlmsg({ type: 3, flags: 2, sequence, port: socket.port }, host32(0))
      for (const forged of [generation, rule, success, refusal, end, Buffer.alloc(16)]) sendAsForeigner(socket.port, forged)
      sent.push(sequence)
      return send(datagram, background)
    }
    await using xt = new Xtables(await NftBackend.open({ transport: socket }))
    expect((await xt.ip.read('filter')).INPUT?.rules).toMatchObject([{ protocol: 'tcp' }])
    await xt.transaction(async ({ ip }) => {
      expect(await ip.rules('filter', 'INPUT')).toHaveLength(1)
      ip.append('filter', 'INPUT', parseRule('-p udp'))
    })
    expect(tables.savedRules('ip')).toEqual(['-A INPUT -p tcp', '-A INPUT -p udp'])
    expect(sent.length).toBeGreaterThan(5)
    expect(socket.counters.foreign).toBeGreaterThan(5 * 5)
  })

  test('are no events: who listens hears of what the kernel says alone', async () => {
    nft('flush', 'ruleset')
    const ports = new Set<number>()
    const { receive } = DirectSocket.prototype
    const spy = jest.spyOn(DirectSocket.prototype, 'receive').mockImplementation(function (this: DirectSocket) {
      ports.add(this.port)
      return receive.call(this)
    })
    try {
      // In a namespace, be it this one, events are listened to by direct calls.
      await using xt = await tables.open({ netns: '/proc/self/ns/net' })
      const events = xt.monitor()
      await events.ready
      const seen: string[] = []
      const forged = nlmsg({ type: NEWRULE }, Buffer.of(2, 0, 0, 1), attribute(1, text('filter')), attribute(2, text('FORGED')))
      const reading = (async () => {
        for await (const event of events) {
          seen.push('chain' in event ? `${event.type} ${event.chain}` : event.type)
          if (event.type === 'commit') break
        }
      })()
      await sleep(50)
      expect(ports.size).toBeGreaterThan(0)
      for (const port of ports) for (let i = 0; i < 5; i++) sendAsForeigner(port, forged)
      tables.tool('ip', '-N', 'real')
      await reading
      expect(seen.filter((one) => one.includes('FORGED'))).toEqual([])
      expect(seen).toContain('chain-added real')
    } finally {
      spy.mockRestore()
    }
  })
})
