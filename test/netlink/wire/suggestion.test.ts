import { nearest, suggestion, unknownOption } from '../../../src/netlink/wire/suggestion.js'

const WORDS = ['tcp', 'udp', 'conntrack', 'connlimit', 'dport', 'sport', 'in-interface', 'tcpFlags', 'maxelem', 'e']

describe('the word that was meant', () => {
  test.each([
    ['dprot', 'dport'],
    ['sprot', 'sport'],
    ['tpc', 'tcp'],
    ['contrack', 'conntrack'],
    ['ConnTrack', 'conntrack'],
    ['in_interface', 'in-interface'],
    ['inInterface', 'in-interface'],
    ['tcpflags', 'tcpFlags'],
    ['max_elem', 'maxelem'],
    ['connlimt', 'connlimit'],
  ])('%s: %s', (given, word) => {
    expect(nearest(given, WORDS)).toBe(word)
  })

  test.each(['banana', 'x', '', 'reject-with', 'toString', 'conntrack'.repeat(1_000_000)])('%.20s: none', (given) => {
    expect(nearest(given, WORDS.slice(0, -1))).toBeUndefined()
  })

  test('of several the nearest, of equally near ones the first', () => {
    expect(nearest('port', ['sports', 'dport', 'sport'])).toBe('dport')
  })

  test('is what an error ends with, or all words there are', () => {
    expect(suggestion('dprot', ['sport', 'dport'])).toBe("; did you mean 'dport'?")
    expect(suggestion('banana', ['sport', 'dport'])).toBe('; there are sport, dport')
    expect(unknownOption('netsn', ['sock', 'netns'])).toMatchObject({ path: 'netsn', reason: "there is no such option; did you mean 'netns'?" })
  })
})
