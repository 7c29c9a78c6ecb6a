import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The tests of python-iptables by their classes: test_iptc.py, test_matches.py, test_targets.py. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  TestTable6: ['table6', 'table6_autocommit'],
  TestTable: ['table', 'refresh', 'flush_user_chains', 'flush_builtin'],
  TestChain: [
    'chain', 'is_chain', 'builtin_chain', 'chain_filter', 'chain_nat', 'chain_mangle', 'chain_raw', 'chain_counters', 'create_chain',
    'filter_policy', 'nat_policy',
  ],
  TestRule6: [
    'create_mask', 'rule_address', 'rule_interface', 'rule_protocol', 'rule_protocol_numeric', 'rule_compare', 'rule_standard_target',
    'rule_iterate_filter', 'rule_iterate_raw', 'rule_iterate_mangle', 'rule_iterate_security', 'rule_insert', 'rule_to_dict', 'rule_from_dict',
  ],
  TestRule: [
    'rule_address', 'rule_interface', 'rule_fragment', 'rule_protocol', 'rule_protocol_numeric', 'rule_compare', 'rule_standard_target',
    'rule_iterate_filter', 'rule_iterate_nat', 'rule_iterate_mangle', 'rule_iterate_rulenum', 'rule_insert', 'rule_replace',
    'rule_multiple_parameters', 'rule_delete', 'rule_delete_nat', 'rule_to_dict', 'rule_from_dict',
  ],
  TestMatch: ['match_create', 'match_compare', 'match_parameters', 'get_all_parameters'],
  TestMultiportMatch: ['multiport', 'unicode_multiport'],
  TestXTUdpMatch: ['udp_port', 'udp_insert'],
  TestXTMarkMatch: ['mark', 'mark_insert'],
  TestXTLimitMatch: ['limit', 'limit_insert'],
  TestIcmpv6Match: ['icmpv6'],
  TestCommentMatch: ['comment'],
  TestIprangeMatch: ['iprange', 'iprange_tcpdport'],
  TestXTStateMatch: ['state'],
  TestXTConntrackMatch: ['state'],
  TestHashlimitMatch: ['hashlimit'],
  TestRecentMatch: ['recent'],
  TestTarget: ['target_create', 'target_compare', 'target_parameters'],
  TestXTClusteripTarget: ['mode', 'insert'],
  TestIPTRedirectTarget: ['mode', 'insert'],
  TestXTTosTarget: ['set_tos', 'tos_mode', 'insert'],
  TestDnatTarget: ['mode', 'insert'],
  TestIPTMasqueradeTarget: ['mode', 'insert'],
  TestXTNotrackTarget: ['notrack'],
  TestXTCtTarget: ['ct'],
}

/** The names of the tests in this folder, each behind that of its class. */
function written(): string[] {
  const found: string[] = []
  for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.test.ts') && name !== 'names.test.ts')) {
    let group = ''
    for (const [, kind, name] of readFileSync(join(__dirname, file), 'utf8').matchAll(/^ *(describe|test)\('(\w+)', /gm)) {
      if (kind === 'describe') group = name as string
      else found.push(`${group} ${name}`)
    }
  }
  return found
}

test('the 85 tests of python-iptables are here by their names, and no other', () => {
  const wanted = Object.entries(NAMES).flatMap(([group, names]) => names.map((name) => `${group} test_${name}`))
  expect(wanted).toHaveLength(85)
  expect(written().sort()).toEqual(wanted.sort())
})
