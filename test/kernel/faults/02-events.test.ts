import { openXtables } from '../../../src/xtables/index.js'
import { eventually } from '../../support/waiting.js'
import { describeOracle, run } from '../../support/kernel.js'
import { Log } from '../../support/monitor.js'

describeOracle('iptables-nft', '2. events that nobody took in time', () => {
  test('are told to be lost, then what the tables are by now, and what changes after that is told as ever', async () => {
    await using xt = await openXtables({ backend: 'nft' })
    const events = xt.monitor({ receiveBuffer: 16_384 })
    await events.ready
    const log = new Log(events)
    // One commit of the C tool announces more than the buffer holds; this process cannot read while it waits for the tool.
    const rules = Array.from({ length: 300 }, (_, i) => `-A INPUT -p tcp -m tcp --dport ${i + 1}`)
    run('iptables-nft-restore', [], `*filter\n${rules.join('\n')}\nCOMMIT\n`)
    await eventually(() => log.all.some(({ type }) => type === 'resync'))
    const [lost, now, ...others] = log.all.splice(0)
    expect([lost?.type, others]).toEqual(['overrun', []])
    expect(now?.type === 'resync' && now.ip.filter?.INPUT?.rules).toHaveLength(300)

    run('iptables-nft', ['-A', 'OUTPUT', '-p', 'udp'])
    expect((await log.commit()).map(({ type }) => type)).toEqual(['chain-added', 'rule-added', 'commit'])
  })
})
