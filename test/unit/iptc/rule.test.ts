import { inspect } from 'node:util'
import { Rule, Rule6 } from '../../../src/iptc/index.js'
import type { RuleInput } from '../../../src/xtables/index.js'

describe('a rule, as the console shows it', () => {
  test('is the text of iptables', () => {
    const rule = new Rule({ protocol: 'tcp', target: 'ACCEPT' })
    expect([inspect(rule), inspect(Rule6.from({ inInterface: 'lo' }))]).toEqual(['<Rule -p tcp -j ACCEPT>', '<Rule6 -i lo>'])
  })

  test('shows what there is of one that is not finished', () => {
    const rule = new Rule({ protocol: 'tcp' })
    rule.createMatch('hashlimit', { hashlimitUpto: '5/sec' })
    expect(inspect(rule)).toBe("<Rule -p tcp <Match hashlimit { 'hashlimit-upto': '5/sec' }>>")
    rule.createTarget('SNAT')
    expect(inspect(rule)).toBe("<Rule -p tcp <Match hashlimit { 'hashlimit-upto': '5/sec' }> <Target SNAT {}>>")
    expect(inspect(Object.assign(new Rule(), { target: new Rule({ target: 'ACCEPT' }).target }))).toBe('<Rule -j ACCEPT>')
  })

  test.each<[string, RuleInput, RegExp]>([
    ['a condition', { source: 'bogus' }, /^<Rule \{ source: 'bogus' \}>$/],
    ['a match', { matches: [{ match: 'tcp', dport: 'x' }], target: { target: 'ACCEPT' } } as unknown as RuleInput, /dport: 'x'/],
    ['a match that is none', { matches: [{ match: 'tpc' }] } as unknown as RuleInput, /tpc/],
    ['what is no rule', 5 as unknown as RuleInput, /^<Rule 5>$/],
  ])('never throws: one of plain data with %s that makes no sense shows the data', (_, plain, shown) => {
    expect(inspect(Rule.from(plain))).toMatch(shown)
  })
})
