import { Chain, Rule, Table, Target } from '../../../../src/iptc/index.js'
import { InputError, KernelError } from '../../../../src/netlink/index.js'
import { describeTables, ownLock, rejection } from '../../../support/xtables.js'
import { eachHasChain, inserted, keeps, refuses, shown } from './setting.js'

ownLock()

function marking(setMark: string): Target<'MARK'> {
  const target = new Target(new Rule(), 'MARK')
  target.setMark = setMark
  return target
}

describe('TestTarget', () => {
  test('test_target_create', () => {
    const rule = new Rule()
    const target = rule.createTarget('MARK')
    expect(rule.target).toBe(target)
    target.setMark = '0x123'
    expect(target.equals(marking('0x123'))).toBe(true)
    // The kernel has no --set-mark: it is --set-xmark with all bits.
    expect([target.setMark, target.setXmark]).toEqual([undefined, '0x123/0xffffffff'])
  })

  test('test_target_compare', () => {
    const [one, other] = [marking('0x123'), marking('0x123')]
    expect(one.equals(other)).toBe(true)
    other.reset()
    other.setMark = '0x124'
    expect(one.equals(other)).toBe(false)
  })

  test('test_target_parameters', () => {
    const target = new Target(new Rule(), 'CONNMARK')
    target.nfmask = '0xdeadbeef'
    target.ctmask = '0xfefefefe'
    target.saveMark = ''
    expect(target.parameters).toEqual({ save_mark: '', nfmask: '0xdeadbeef', ctmask: '0xfefefefe' })
    target.reset()
    // There a target CONNMARK that sets nothing was one that sets 0; here it must be said what it does.
    expect(target.parameters).toEqual({})
    expect(() => target.finalCheck()).toThrow(InputError)
  })
})

describeTables('python-iptables: targets on %s', (tables) => {
  const own = (table: string, name: string) => eachHasChain((options) => new Table(table, options), tables, name)
  const lines = (chain: Chain) => shown(tables, chain.table.family, chain.table.name, chain.name)
  const arriving = () => {
    const rule = new Rule({ dst: '127.0.0.2', protocol: 'tcp', inInterface: 'eth0' })
    rule.createMatch('tcp')
    return rule
  }
  const leaving = () => new Rule({ dst: '127.0.0.2', protocol: 'tcp', outInterface: 'eth0' })
  const ARRIVING = '-d 127.0.0.2/32 -i eth0 -p tcp -m tcp'
  const LEAVING = '-d 127.0.0.2/32 -o eth0 -p tcp'

  describe('TestXTClusteripTarget', () => {
    const setting = own('filter', 'iptc_test_clusterip')

    test('test_mode', () => {
      const target = new Target(arriving(), 'CLUSTERIP')
      target.new = ''
      keeps(target, 'hashmode', ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'])
      refuses(target, 'hashmode', ['asdf', '1234', '', '!sourceip'])
    })

    test('test_insert', async () => {
      const rule = arriving()
      const target = new Target(rule, 'CLUSTERIP')
      target.new = ''
      target.hashmode = 'sourceip'
      target.clustermac = '01:02:03:04:05:06'
      target.localNode = '1'
      target.totalNodes = '2'
      rule.target = target
      // Linux has done without this target since 6.3: there nothing happened then, and nothing was said.
      const error = await inserted(setting, rule).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error === undefined) return expect(lines(setting.chain)).toHaveLength(1)
      expect(KernelError.is(error) && [error.errnoName, error.path]).toEqual(['ENOENT', expect.stringMatching(/^filter iptc_test_clusterip rule 1 \(.* -j CLUSTERIP --new /)])
      expect(lines(setting.chain)).toEqual([])
    })
  })

  describe('TestIPTRedirectTarget', () => {
    const setting = own('nat', 'iptc_test_redirect')

    test('test_mode', () => {
      const target = new Target(arriving(), 'REDIRECT')
      keeps(target, 'toPorts', ['1234', '1234-2345', '65534-65535'])
      target.reset()
      target.random = ''
      expect(target.parameters).toEqual({ random: '' })
      // The C tool takes names of services that are none, as port 0.
      refuses(target, 'toPorts', ['1234567', '2345-1234', 'nosuch-service', '', '65536', '!1234'])
    })

    test('test_insert', async () => {
      const rule = arriving()
      const target = new Target(rule, 'REDIRECT')
      target.toPorts = '1234-1235'
      rule.target = target
      await inserted(setting, rule)
      expect(lines(setting.chain)).toEqual([`${ARRIVING} -j REDIRECT --to-ports 1234-1235`])
    })
  })

  describe('TestXTTosTarget', () => {
    const setting = own('mangle', 'iptc_test_tos')

    test('test_set_tos', () => {
      keeps(new Target(arriving(), 'TOS'), 'setTos', [
        '0x12/0xff',
        '0x12/0x0f',
        ['Minimize-Delay', '0x10/0x3f'],
        ['Maximize-Throughput', '0x08/0x3f'],
        ['Maximize-Reliability', '0x04/0x3f'],
        ['Minimize-Cost', '0x02/0x3f'],
        ['Normal-Service', '0x00/0x3f'],
      ])
    })

    test('test_tos_mode', () => {
      const target = new Target(arriving(), 'TOS')
      for (const [key, read] of [['andTos', '0x00/0xfb'], ['orTos', '0x04/0x04'], ['xorTos', '0x04/0x00']] as const) {
        target[key] = '0x04'
        expect([target.setTos, target.parameters]).toEqual([read, { set_tos: read }])
        target.reset()
        refuses(target, key, ['0x1234', '0x12/0xfff', 'asdf', 'Minimize-Bullshit', '', '!0x04'])
      }
    })

    test('test_insert', async () => {
      const rule = arriving()
      const target = new Target(rule, 'TOS')
      target.setTos = '0x12/0xff'
      rule.target = target
      await inserted(setting, rule)
      expect(lines(setting.chain)).toEqual([`${ARRIVING} -j TOS --set-tos 0x12/0xff`])
    })
  })

  describe('TestDnatTarget', () => {
    const setting = own('nat', 'iptc_test_dnat')

    test('test_mode', () => {
      const target = new Target(arriving(), 'DNAT')
      for (const to of ['1.2.3.4', '199.199.199.199-199.199.199.255', '1.2.3.4:5678', '1.2.3.4:5678-5688']) {
        for (const flag of [undefined, 'random', 'persistent'] as const) {
          target.toDestination = to
          if (flag) target[flag] = '1'
          expect([target.toDestination, target.parameters]).toEqual([to, { to_destination: to, ...(flag && { [flag]: '' }) }])
          target.reset()
        }
      }
    })

    test('test_insert', async () => {
      const rule = arriving()
      const target = new Target(rule, 'DNAT')
      target.toDestination = '1.2.3.4'
      rule.target = target
      await inserted(setting, rule)
      expect(lines(setting.chain)).toEqual([`${ARRIVING} -j DNAT --to-destination 1.2.3.4`])
      // The kernel takes it in table nat alone: in another one, where it was not installed, nothing was said of that.
      await using mangle = new Table(Table.MANGLE, { backend: tables.backend })
      const error = await rejection(new Chain(mangle, 'PREROUTING').insertRule(rule))
      expect(InputError.is(error) && error.message).toMatch(/DNAT may only stand in table nat/)
      expect(tables.savedRules('ip', 'mangle')).toEqual([])
    })
  })

  describe('TestIPTMasqueradeTarget', () => {
    const setting = own('nat', 'iptc_test_masquerade')

    test('test_mode', () => {
      const target = new Target(leaving(), 'MASQUERADE')
      keeps(target, 'toPorts', ['1234', '1234-2345'])
      target.reset()
      target.random = ''
      expect(target.parameters).toEqual({ random: '' })
      refuses(target, 'toPorts', ['123456', '1234-1233', 'asdf', '', '!1234'])
    })

    test('test_insert', async () => {
      const rule = leaving()
      const target = new Target(rule, 'MASQUERADE')
      target.toPorts = '1234'
      rule.target = target
      await inserted(setting, rule)
      expect(lines(setting.chain)).toEqual([`${LEAVING} -j MASQUERADE --to-ports 1234`])
    })
  })

  describe('TestXTNotrackTarget', () => {
    const setting = own('raw', 'iptc_test_notrack')

    test('test_notrack', async () => {
      const rule = leaving()
      const target = new Target(rule, 'NOTRACK')
      expect(target.name).toBe('NOTRACK')
      rule.target = target
      const read = await inserted(setting, rule)
      // There a bare `-j CT` came of it, which tracks as ever.
      expect([read.target?.name, read.target?.parameters]).toEqual(['NOTRACK', {}])
      expect(lines(setting.chain)).toEqual([`${LEAVING} -j NOTRACK`])
    })
  })

  describe('TestXTCtTarget', () => {
    const setting = own('raw', 'iptc_test_ct')

    test('test_ct', async () => {
      const rule = leaving()
      const target = new Target(rule, 'CT')
      target.notrack = 'true'
      rule.target = target
      const read = await inserted(setting, rule)
      expect([read.target?.name, read.target?.notrack, read.target?.zone]).toEqual(['CT', '', undefined])
      expect(lines(setting.chain)).toEqual([`${LEAVING} -j CT --notrack`])
    })
  })
})
