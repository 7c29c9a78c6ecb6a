import { existsSync, readFileSync } from 'node:fs'
import { protocolName, protocolNumber, servicePort } from '../../../src/netlink/wire/names.js'

describe('protocols', () => {
  // https://www.iana.org/assignments/protocol-numbers
  test.each([
    ['icmp', 1],
    ['tcp', 6],
    ['udp', 17],
    ['ipv6', 41],
    ['gre', 47],
    ['esp', 50],
    ['ah', 51],
    ['ipv6-icmp', 58],
    ['sctp', 132],
    ['udplite', 136],
  ])('%s is %i', (name, number) => {
    expect(protocolNumber(name)).toBe(number)
    expect(protocolName(number)).toBe(name)
  })

  test('are found by alias and in capital letters', () => {
    expect(protocolNumber('TCP')).toBe(6)
    expect(protocolNumber('icmpv6')).toBe(58)
    expect(protocolNumber('ICMPv6')).toBe(58)
  })

  test('that nobody has are unknown, what every object has too', () => {
    for (const name of ['', 'nonsense', 'tcp ', 'constructor', '__proto__'])
      expect(protocolNumber(name)).toBeUndefined()
  })

  test('without a name are printed in digits', () => {
    expect(protocolName(253)).toBe('253')
  })

  const file = '/etc/protocols'
  const named = existsSync(file) ? test : test.skip
  named(`agree with ${file}${existsSync(file) ? '' : ' [skipped: there is none]'}`, () => {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [name, number] = line.replace(/#.*/, '').trim().split(/\s+/)
      if (name && number) expect([name, protocolNumber(name)]).toEqual([name, Number(number)])
    }
  })
})

describe('services', () => {
  const file = '/etc/services'
  const named = existsSync(file) ? test : test.skip
  named(`are those of ${file}${existsSync(file) ? '' : ' [skipped: there is none]'}`, () => {
    expect(servicePort('ssh', 'tcp')).toBe(22)
    expect(servicePort('domain', 'udp')).toBe(53)
    expect(servicePort('http', 'tcp')).toBe(80)
    expect(servicePort('www', 'tcp')).toBe(80)
  })

  test('of another protocol, or that nobody has, are unknown', () => {
    for (const [service, protocol] of [
      ['ssh', 'sctp'],
      ['nonsense', 'tcp'],
      ['', ''],
      ['constructor', 'tcp'],
      ['ssh', ''],
    ] as const) {
      expect(servicePort(service, protocol)).toBeUndefined()
    }
  })
})

describe('on a machine without these files', () => {
  test('the common protocols are known all the same, services are not', async () => {
    jest.resetModules()
    jest.doMock('node:fs', () => ({
      readFileSync() {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      },
    }))
    const names: typeof import('../../../src/netlink/wire/names.js') = await import(
      '../../../src/netlink/wire/names.js'
    )
    expect([
      names.protocolNumber('tcp'),
      names.protocolNumber('icmpv6'),
      names.protocolName(132),
      names.protocolName(200),
    ]).toEqual([6, 58, 'sctp', '200'])
    expect(names.servicePort('ssh', 'tcp')).toBeUndefined()
    jest.dontMock('node:fs')
  })

  test('comments, blank lines and lines of one word are passed over; the first name of a number is the one printed', async () => {
    jest.resetModules()
    jest.doMock('node:fs', () => ({
      readFileSync: (path: string) =>
        path.endsWith('protocols')
          ? '# tcp 99\n\nlonely\nfirst 200 FIRST uno # 201\nsecond 200\n bad x\n'
          : 'web 8080/tcp w # udp\nweb 8081/tcp\nweb 8082/udp',
    }))
    const names: typeof import('../../../src/netlink/wire/names.js') = await import(
      '../../../src/netlink/wire/names.js'
    )
    expect([
      names.protocolNumber('first'),
      names.protocolNumber('uno'),
      names.protocolNumber('second'),
      names.protocolName(200),
    ]).toEqual([200, 200, 200, 'first'])
    expect([names.protocolNumber('tcp'), names.protocolNumber('lonely'), names.protocolNumber('bad')]).toEqual([
      6,
      undefined,
      undefined,
    ])
    expect([names.servicePort('web', 'tcp'), names.servicePort('w', 'tcp'), names.servicePort('web', 'udp')]).toEqual([
      8080, 8080, 8082,
    ])
    jest.dontMock('node:fs')
  })
})
