import { createSocket } from 'node:dgram'
import { done, installedExamples, left, saved } from '../support/example-programs.js'
import { describeOracle, run } from '../support/kernel.js'

const { finish } = installedExamples()

/** Beside the tunnel in both families, through it, to its endpoint, to another port of that, and to this machine itself. */
const WAYS = [
  ['192.0.2.9', 53], ['2001:db8:1::9', 53], ['10.8.0.9', 53], ['2001:db8:2::9', 53], ['198.51.100.4', 51820], ['198.51.100.4', 53], ['127.0.0.1', 9],
] as const

describeOracle('iptables-save', 'examples/kill-switch.mjs on the kernel', () => {
  /** Sends a datagram; `sent`, or the code of the error: a packet that is dropped on its way out is EPERM. */
  const send = (address: string, port: number): Promise<string> => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const sent = new Promise<string>((resolve) => socket.send('x', port, address, (error) => resolve((error as NodeJS.ErrnoException | null)?.code ?? 'sent')))
    return sent.finally(() => socket.close())
  }
  const ip = (line: string) => run('ip', line.split(' '))

  // eth0 is the way beside the tunnel.
  beforeAll(() => {
    ip('link set lo up')
    for (const [name, far, four, six] of [['eth0', 'far0', '192.0.2.1/24', '2001:db8:1::1/64'], ['wg0', 'far1', '10.8.0.2/24', '2001:db8:2::2/64']]) {
      ip(`link add ${name} type veth peer name ${far}`)
      ip(`addr add ${four} dev ${name}`)
      ip(`addr add ${six} dev ${name} nodad`)
      ip(`link set ${far} up`)
      ip(`link set ${name} up`)
    }
    ip('route add 198.51.100.4/32 via 192.0.2.254')
  })
  afterAll(() => {
    ip('link del eth0')
    ip('link del wg0')
  })

  test('lets packets out through the tunnel and to its endpoint alone, in both families, until it is opened', async () => {
    const ways = () => Promise.all(WAYS.map(([address, port]) => send(address, port)))
    expect(await ways()).toEqual(Array(7).fill('sent'))
    expect(await finish('kill-switch', ['close', '--tunnel', 'wg0', '--endpoint', '198.51.100.4:51820'])).toEqual(done('the switch is closed\n'))
    expect(await ways()).toEqual(['EPERM', 'EPERM', 'sent', 'sent', 'sent', 'EPERM', 'sent'])
    expect(saved('iptables', 'filter')).toEqual([
      ':example-kill - [0:0]',
      '-A FORWARD -j example-kill',
      '-A OUTPUT -j example-kill',
      '-A example-kill -o lo -j ACCEPT',
      '-A example-kill -o wg0 -j ACCEPT',
      '-A example-kill -i wg0 -j ACCEPT',
      '-A example-kill -d 198.51.100.4/32 -p udp -m udp --dport 51820 -j ACCEPT',
      '-A example-kill -j DROP',
    ])

    // Rules that somebody puts before it are behind it when it is closed again, with another endpoint.
    run('iptables', ['-I', 'OUTPUT', '-j', 'ACCEPT'])
    expect((await finish('kill-switch', ['close', '--tunnel', 'wg0', '--endpoint', '198.51.100.4:53'])).code).toBe(0)
    expect(await ways()).toEqual(['EPERM', 'EPERM', 'sent', 'sent', 'EPERM', 'sent', 'sent'])
    run('iptables', ['-D', 'OUTPUT', '-j', 'ACCEPT'])

    expect(await finish('kill-switch', ['open'])).toEqual(done('the switch is open\n'))
    expect(await ways()).toEqual(Array(7).fill('sent'))
    expect(await finish('kill-switch', ['open'])).toEqual(done('the switch is open\n'))
  })

  afterAll(() => {
    expect(left()).toEqual([])
  })
})
