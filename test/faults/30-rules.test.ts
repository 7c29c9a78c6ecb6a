import { encodeEntry, type Family, InputError, type RuleInput } from '../../src/xtables/index.js'

/** What becomes of a rule before anything could be sent: its bytes, or where it is wrong. */
function outcome(rule: RuleInput, family: Family): string {
  try {
    return `taken: ${encodeEntry(rule, { family }).length} bytes`
  } catch (error) {
    if (InputError.is(error)) return `refused: ${error.path}`
    throw error
  }
}

const ADDRESSES: Readonly<Record<Family, readonly string[]>> = {
  ip: [
    '', ' ', '10.0.0.256', '010.0.0.1', '10.0.0.01', '0x0a.0.0.1', '10.0.0.1 ', '10.0.0.1\n', '10.0.0.1\0', '10.0.0.1.', '1.2.3.4.5', '10.0.0.1/33', '10.0.0.0/-1',
    '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/255.255.255.256', '10.0.0.1%eth0', '::ffff:10.0.0.1', '::1', 'localhost', '10.0.0.1-10.0.0.9', '!10.0.0.1', '10.0.0.1,10.0.0.2',
  ],
  ip6: ['', '::1/129', '::1/-1', '::1/', 'fe80::1%eth0', ':::', '1::2::3', '::1-::5', '[::1]', '::ffff:010.0.0.1', '::1 ', '::1\n', '12345::', '1:2:3:4:5:6:7:8:9', '10.0.0.1', 'localhost'],
}

describe.each(Object.entries(ADDRESSES) as [Family, readonly string[]][])('30. a rule of family %s takes no address such as', (family, addresses) => {
  test.each(addresses.map((address) => [address]))('%j', (address) => {
    expect(outcome({ source: address }, family)).toBe('refused: source')
    expect(outcome({ destination: { not: address } }, family)).toBe('refused: destination')
  })
})

const tcp = (dport: unknown): RuleInput => ({ protocol: 'tcp', matches: [{ match: 'comment', comment: '' }, { match: 'tcp', dport: dport as number }] })

test.each([65_536, -1, 1.5, Number.NaN, '', ' ', 'no-such-service', '80:70', '80:65536', '080', '80-90', '80 ', '80\n', '80,90', null, {}, []].map((port) => [port]))(
  '30. a rule takes no port such as %j',
  (port) => {
    expect(outcome(tcp(port), 'ip')).toMatch(/^refused: matches\[1\]\.dport/)
  },
)

test.each([256, -1, 1.5, '', 'nosuch', 'tcp ', 'tcp\n', '!tcp', null, {}].map((protocol) => [protocol]))('30. a rule takes no protocol such as %j', (protocol) => {
  expect(outcome({ protocol } as RuleInput, 'ip')).toBe('refused: protocol')
})

// Rules are what iptables takes: unlike in sets, short forms, host bits, names of services and numbers in hexadecimal have a meaning there, and the
// meaning is the same.
test.each<[string, RuleInput, RuleInput]>([
  ['the address 10.0.0, which is a short form', { source: '10.0.0' }, { source: '10.0.0.0/32' }],
  ['host bits behind a prefix, which do not count', { source: '10.0.0.1/8' }, { source: '10.0.0.0/8' }],
  ['a mask that is no prefix', { source: '1.2.3.4/255.0.255.0' }, { source: '1.0.3.0/255.0.255.0' }],
  ['the name of a service', tcp('http'), tcp(80)],
  ['a port in hexadecimal', tcp('0x50'), tcp(80)],
])('30. a rule takes, as iptables does: %s', (_, given, meant) => {
  expect(encodeEntry(given).equals(encodeEntry(meant))).toBe(true)
})
