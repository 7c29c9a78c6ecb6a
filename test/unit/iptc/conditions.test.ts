import fc from 'fast-check'
import {
  addressText, dottedText, fragmentValue, PROTOCOL_NAMES, protocolText, readAddress, readFragment, readInterface, readProtocol,
} from '../../../src/iptc/conditions.js'
import { encodeEntry } from '../../../src/xtables/index.js'
import { runs } from '../../support/xtables-fixtures.js'
import { inputErrorOf, valueOr } from './errors.js'

describe('an IPv4 address', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1/32', '10.0.0.1/255.255.255.255'],
    ['10.1.2.3/8', '10.0.0.0/8', '10.0.0.0/255.0.0.0'],
    ['10.1.2.3/255.0.0.0', '10.0.0.0/8', '10.0.0.0/255.0.0.0'],
    ['10.11.12.13/255.0.255.0', '10.0.12.0/255.0.255.0', '10.0.12.0/255.0.255.0'],
    ['!10.1.2.3/31', '!10.1.2.2/31', '!10.1.2.2/255.255.255.254'],
    ['!  10.1.2.3', '!10.1.2.3/32', '!10.1.2.3/255.255.255.255'],
    ['10.1.2.3/0', '0.0.0.0/0', '0.0.0.0/0.0.0.0'],
    ['255.255.255.255/32', '255.255.255.255/32', '255.255.255.255/255.255.255.255'],
  ])('%s', (given, text, dotted) => {
    const read = readAddress(given, 'ip')
    expect([addressText(read), dottedText(read, 'ip')]).toEqual([text, dotted])
  })

  test.each([
    '', '!', '/', '/8', '10.0.0', '10.0.0.0.0', '10.0.0.256', '10.0.0.-1', '010.0.0.1', '0x0a.0.0.1', '167772161', '10.0.0.1/', '10.0.0.1/33', '10.0.0.1/-1',
    '10.0.0.1/1.5', '10.0.0.1/8/8', '10.0.0.1/255.255.255', '10.0.0.1 ', ' 10.0.0.1', '10.0.0.1,10.0.0.2', '10.0.0.1-10.0.0.2', 'localhost', '!!10.0.0.1', '::1', '::ffff:10.0.0.1',
    '１０.0.0.1', '10.0.0.1\0', null, undefined, 10, true, {}, ['10.0.0.1'],
  ])('%j is refused', (given) => {
    inputErrorOf(() => readAddress(given, 'ip'))
  })

  test('that is one of IPv6 is told so', () => {
    expect(inputErrorOf(() => readAddress('::1', 'ip')).message).toBe("'::1' is no IPv4 address: for IPv6 there is Rule6")
  })
})

describe('an IPv6 address', () => {
  test.each([
    ['::1', '::1/128'],
    ['2000::1/16', '2000::1/16'],
    ['!2001:DB8:0:0::1/48', '!2001:db8::1/48'],
    ['::/0', '::/0'],
    ['fd00::7/ff00::ff', 'fd00::7/ff00::ff'],
    ['fd00::/ffff::', 'fd00::/16'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4/128'],
  ])('%s', (given, text) => {
    const read = readAddress(given, 'ip6')
    expect([addressText(read), dottedText(read, 'ip6')]).toEqual([text, text])
  })

  test.each(['', '!', '10.0.0.1', '2001', '2001::g', '2001:::1', '::1/129', '::1/', '::1/-1', '::1%eth0', '[::1]', 'fe80::1,fe80::2', null, {}])('%j is refused', (given) => {
    inputErrorOf(() => readAddress(given, 'ip6'))
  })
})

test('an address that is not given is for all', () => {
  expect([dottedText(undefined, 'ip'), dottedText(undefined, 'ip6')]).toEqual(['0.0.0.0/0.0.0.0', '::/0'])
})

test.each(['ip', 'ip6'] as const)('an address of %s is text that reads as itself, whatever it was', (family) => {
  const part = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary', maxLength: 8 }))
  const text = fc.tuple(fc.constantFrom('', '!', '! '), part, fc.oneof(fc.constant(''), fc.nat({ max: 130 }).map((length) => `/${length}`), part.map((mask) => `/${mask}`)))
  fc.assert(
    fc.property(text.map((words) => words.join('')), (given) => {
      const read = valueOr(() => readAddress(given, family))
      if (read === undefined) return
      for (const again of [addressText(read), dottedText(read, family)]) expect(readAddress(again, family)).toEqual(read)
      expect(encodeEntry({ source: read, target: { target: 'ACCEPT' } }, { family })).toEqual(
        encodeEntry({ source: readAddress(given, family), target: { target: 'ACCEPT' } }, { family }),
      )
    }),
    runs(300),
  )
})

describe('an interface', () => {
  test.each([
    ['eth0', 'eth0'], ['eth+', 'eth+'], ['!ppp0', { not: 'ppp0' }], ['! ppp+', { not: 'ppp+' }], ['0123456789abcde', '0123456789abcde'], ['+', '+'], ['ä', 'ä'],
  ])('%s', (given, read) => {
    expect(readInterface(given)).toEqual(read)
  })

  test.each(['', '!', '0123456789abcdef', 'ääääääää', 'a\0b', null, undefined, 5, [], {}])('%j is refused', (given) => {
    inputErrorOf(() => readInterface(given))
  })
})

describe('a protocol', () => {
  test.each([
    ['tcp', 6, 'tcp'], ['TCP', 6, 'tcp'], ['!UDP', { not: 17 }, '!udp'], ['! icmp', { not: 1 }, '!icmp'], [47, 47, 'gre'], ['33', 33, '33'], ['!33', { not: 33 }, '!33'],
    ['ip', undefined, 'ip'], [0, undefined, 'ip'], ['hopopts', undefined, 'ip'], ['all', 'all', 'ip'], ['icmpv6', 58, 'icmpv6'], ['ipv6-icmp', 58, 'icmpv6'], [255, 255, 'raw'], ['esp', 50, 'esp'],
  ])('%s', (given, read, text) => {
    expect(readProtocol(given)).toEqual(read)
    expect(protocolText(readProtocol(given))).toBe(text)
  })

  test.each(['', '!', 'asdf', '256', -1, 1.5, Number.NaN, '!!tcp', '!ip', '!all', '!0', 'tcp ', 'tcp udp', null, undefined, true, {}, ['tcp']])('%j is refused', (given) => {
    inputErrorOf(() => readProtocol(given))
  })

  test('is read by every name that it is printed by', () => {
    for (let number = 1; number < 256; number++) {
      const text = protocolText(number)
      expect([number, text]).toEqual([number, PROTOCOL_NAMES[number] ?? String(number)])
      expect([readProtocol(text), readProtocol(`!${text}`)]).toEqual([number, { not: number }])
    }
  })
})

describe('a fragment', () => {
  test.each([
    [true, true, true], [1, true, true], ['1', true, true], ['x', true, true], ['!', false, '!'], ['!f', false, '!'], [false, undefined, false], [0, undefined, false],
    ['', undefined, false], [null, undefined, false], [undefined, undefined, false],
  ])('%j', (given, read, value) => {
    expect([readFragment(given, 'ip'), fragmentValue(read)]).toEqual([read, value])
  })

  test.each([{}, [], ['!']])('%j is refused', (given) => {
    inputErrorOf(() => readFragment(given, 'ip'))
  })

  test('is nothing that an IPv6 header says', () => {
    for (const given of [true, '!', 1]) expect(inputErrorOf(() => readFragment(given, 'ip6')).message).toMatch(/the match frag does/)
    for (const given of [false, undefined, null, '']) expect(readFragment(given, 'ip6')).toBeUndefined()
  })
})
