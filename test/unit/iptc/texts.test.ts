import { inspect } from 'node:util'
import { Chain, Policy, Rule, Rule6, Table, Table6 } from '../../../src/iptc/index.js'

describe('the objects of python-iptables say what they are', () => {
  const rule = new Rule({ protocol: 'tcp', src: '10.0.0.0/8', target: 'ACCEPT' })
  const rule6 = new Rule6({ target: 'DROP' })

  test('a table, a chain and a policy by their names', () => {
    const [table, table6] = [new Table('mangle'), new Table6('filter')]
    const chain = new Chain(table6, 'INPUT')
    expect([`${table}`, `${table6}`, `${chain}`, `${new Policy('DROP')}`]).toEqual(['mangle', 'filter', 'INPUT', 'DROP'])
    expect([inspect(table), inspect(table6), inspect(chain), inspect(new Policy('DROP'))]).toEqual([
      '<Table mangle>', '<Table6 filter>', '<Chain ip6 filter INPUT>', '<Policy DROP>',
    ])
    expect([chain.getTarget(rule6), chain.getTarget(new Rule6())]).toEqual(['DROP', undefined])
  })

  test('a rule by the numbers of its family and of protocols', () => {
    expect([rule.nfproto, rule6.nfproto]).toEqual([2, 10])
    expect([rule.protocols[6], rule.protocols[17]]).toEqual(['tcp', 'udp'])
  })

  test('a rule in the bytes of the legacy tables: its conditions alone, and with what is to be done', () => {
    const ip = rule.getIp()
    expect([ip.length, rule6.getIp().length]).toEqual([84, 136]) // struct ipt_ip, ip6t_ip6
    expect(ip.subarray(0, 16).toString('hex')).toBe('0a00000000000000ff00000000000000')
    expect(ip.readUInt16LE(80)).toBe(6)
    expect([rule.rule?.length, rule6.rule?.length]).toEqual([112 + 40, 168 + 40])
    expect(rule.rule?.subarray(0, 84)).toEqual(ip)
  })

  test('the mask of a rule is as long as its bytes, and leaves out what does not count', () => {
    const { mask, rule: bytes } = rule
    expect(mask?.length).toBe(bytes?.length)
    expect(mask?.subarray(0, 84).every((byte) => byte === 0xff)).toBe(true)
    expect(mask?.includes(0)).toBe(true)
    expect([new Rule().mask, new Rule().rule]).toEqual([undefined, undefined])
  })
})
