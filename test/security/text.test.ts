import { encodeEntry, formatRuleset, InputError, parseRuleset } from '../../src/xtables/index.js'
import { IPSet } from '../../src/index.js'
import { fakeIpset } from '../support/fake-ipset.js'

/** Files that were asked for while `mockWatching`. */
const mockOpened: string[] = []
let mockWatching = false

jest.mock('node:fs', () => {
  const real = jest.requireActual('node:fs')
  const watched = Object.entries(real as Record<string, unknown>).map(([name, value]) => {
    if (typeof value !== 'function' || !/^(read|open|stat|lstat|exists|access|readdir|create|write)/.test(name)) return [name, value]
    const call = (path: unknown, ...rest: unknown[]) => {
      if (typeof path === 'string' && mockWatching) mockOpened.push(path)
      return value.call(real, path, ...rest)
    }
    return [name, call]
  })
  return { ...real, ...Object.fromEntries(watched) }
})

/** Where names of this machine stand: the same files as iptables reads. */
const NAMES = ['/etc/protocols', '/etc/services', '/etc/passwd', '/etc/group', '/etc/xtables/connlabel.conf']

const filter = (...lines: string[]) => ['*filter', ...lines, 'COMMIT', ''].join('\n')

describe('a text in the language of iptables-restore, whoever has written it', () => {
  test.each([
    '-A INPUT -M /tmp/evil -j ACCEPT',
    '-A INPUT --modprobe=/tmp/evil -j ACCEPT',
    '-A INPUT -m bpf --object-pinned /tmp/evil -j ACCEPT',
    '-A INPUT -m owner --uid-owner /tmp/evil -j ACCEPT',
    '-A INPUT -m connlabel --label /tmp/evil -j ACCEPT',
    '-A INPUT -m set --match-set /tmp/evil src -j ACCEPT',
    '-A INPUT -m cgroup --path /tmp/evil -j ACCEPT',
    '-A INPUT -m recent --name /tmp/evil -j ACCEPT',
    '-A INPUT -m realm --realm /tmp/evil -j ACCEPT',
    '-A INPUT -p /tmp/evil -j ACCEPT',
    '-A INPUT -p tcp --dport /tmp/evil -j ACCEPT',
    '-A INPUT -i /tmp/evil -s /tmp/evil -j ACCEPT',
    '-A INPUT -j LOG --log-prefix "$(cat /tmp/evil)`cat /tmp/evil`"',
    '-f /tmp/evil',
    '#include /tmp/evil',
    '| cat /tmp/evil',
  ])('has no file read but those with names of protocols, services, users and labels: %s', (line) => {
    mockOpened.length = 0
    mockWatching = true
    try {
      parseRuleset(filter(line))
    } catch (error) {
      if (!InputError.is(error)) throw error
    } finally {
      mockWatching = false
    }
    expect(mockOpened.filter((path) => !NAMES.includes(path) && !path.startsWith('/etc/iproute2/'))).toEqual([])
  })

  test('has the users of this machine looked up: so the watch over files is one', () => {
    mockOpened.length = 0
    mockWatching = true
    expect(() => parseRuleset(filter('-A INPUT -m owner --uid-owner no-such-user'))).toThrow(InputError)
    mockWatching = false
    expect(mockOpened).toContain('/etc/passwd')
  })

  test('asks no name server: names of hosts are refused', () => {
    for (const host of ['evil.example', 'localhost', 'a'.repeat(300)]) {
      expect(() => parseRuleset(filter(`-A INPUT -s ${host} -j ACCEPT`))).toThrow(/is not an IPv4 address/)
      expect(() => parseRuleset(filter(`-A INPUT -d ${host},10.0.0.1 -j ACCEPT`))).toThrow(/is not an IPv4 address/)
    }
  })

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])('may be full of words that JavaScript has a meaning for: %s', (word) => {
    const text = [`*${word}`, `:${word} - [0:0]`, `-A ${word} -m comment --comment ${word} -j ${word}2`, ':x - [0:0]', 'COMMIT', ''].join('\n').replace(`${word}2`, 'DROP')
    const ruleset = parseRuleset(text)
    expect(Object.keys(ruleset)).toEqual([word])
    expect(Object.keys(ruleset[word] ?? {})).toEqual(expect.arrayContaining([word, 'x']))
    expect(ruleset[word]?.[word]?.rules).toMatchObject([{ matches: [{ match: 'comment', comment: word }] }])
    expect(formatRuleset(ruleset)).toContain(`\n-A ${word} -m comment --comment ${word} -j DROP\n`)
    for (const line of [`-A INPUT -m ${word}`, `-A INPUT -j ${word}`, `-A INPUT -m tcp --${word} 1`, `-A INPUT -p ${word}`, `-P ${word} ACCEPT`, `-${word}`]) {
      expect(() => parseRuleset(filter(line))).toThrow(InputError)
    }
    expect(({} as Record<string, unknown>).rules).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  const many = (one: string, count: number) => one.repeat(count)
  const addresses = Array.from({ length: 20_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join()
  test.each<[string, string]>([
    ['100,000 rules', filter(...Array.from({ length: 100_000 }, () => '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'))],
    ['100,000 chains', filter(...Array.from({ length: 100_000 }, (_, i) => `:c${i} - [0:0]`))],
    ['300 chains that each jump to the next twice', filter(...Array.from({ length: 300 }, (_, i) => `:c${i} - [0:0]`), ...Array.from({ length: 299 }, (_, i) => `-A c${i} -j c${i + 1}\n-A c${i} -j c${i + 1}`))],
    ['two lists of 20,000 addresses, which are 400 million rules', filter(`-A INPUT -s ${addresses} -d ${addresses}`)],
    ['a word of a megabyte', filter(`-A INPUT -m comment --comment ${many('x', 1e6)}`)],
    ['a megabyte of quotes', filter(`-A INPUT -m comment --comment ${many('"', 1e6)}`)],
    ['a megabyte of backslashes', filter(`-A INPUT -m comment --comment "${many('\\', 1e6)}`)],
    ['a megabyte of exclamation marks', filter(`-A INPUT ${many('! ', 5e5)}-j ACCEPT`)],
    ['a megabyte of blanks', filter(`-A INPUT${many(' ', 1e6)}-j ACCEPT`)],
    ['a megabyte of digits', filter(`-A INPUT -m mark --mark ${many('9', 1e6)}`)],
    ['a megabyte of commas', filter(`-A INPUT -p tcp -m multiport --dports ${many('1,', 5e5)}`)],
    ['a megabyte of dots', filter(`-A INPUT -s ${many('1.', 5e5)}`)],
    ['a megabyte of operators', filter(`-A INPUT -m u32 --u32 "${many('0&', 5e5)}"`)],
    ['50,000 matches in a rule', filter(`-A INPUT ${many('-m comment --comment x ', 5e4)}`)],
    ['a megabyte of line breaks', filter(many('\n', 1e6))],
    ['a megabyte of nothing', many('\0', 1e6)],
  ])('is read, or refused, in a moment: %s', (_, text) => {
    const began = performance.now()
    try {
      parseRuleset(text)
    } catch (error) {
      if (!InputError.is(error)) throw error
    }
    // Ten times what they take here; what grows with the square of the length would take minutes.
    expect(performance.now() - began).toBeLessThan(6000)
  })

  test('has a rule in a line that other tools take for a comment, behind "# unknown: " alone: look for that before you trust a text', () => {
    const rulesOf = (line: string) => parseRuleset(filter(line)).filter?.INPUT?.rules.length
    expect(rulesOf('# unknown: -A INPUT -j ACCEPT')).toBe(1)
    for (const comment of ['#unknown: -A INPUT -j ACCEPT', '# Unknown: -A INPUT -j ACCEPT', '# -A INPUT -j ACCEPT', ' # unknown: -A INPUT -j ACCEPT', '## unknown: -A INPUT -j ACCEPT']) {
      let rules: number | undefined = 0
      try {
        rules = rulesOf(comment)
      } catch (error) {
        if (!InputError.is(error)) throw error
      }
      expect(rules).toBe(0)
    }
  })
})

describe('a rule that came as JSON', () => {
  test('has nothing that JavaScript lends to all objects, and no key that nobody knows', () => {
    const match = '{"match": "tcp", "dport": 22, "__proto__": {"sport": 1}}'
    for (const [json, path] of [['{"__proto__": {"target": {"target": "ACCEPT"}}, "protocol": "tcp"}', '__proto__'], [`{"protocol": "tcp", "matches": [${match}]}`, 'matches[0].__proto__'], ['{"constructor": 1}', 'constructor']] as const) {
      let refused = ''
      try {
        encodeEntry(JSON.parse(json))
      } catch (error) {
        if (!InputError.is(error)) throw error
        refused = error.path
      }
      expect(refused).toBe(path)
    }
  })
})

describe('a text of ipset', () => {
  const restored = async (text: string) => {
    const transport = fakeIpset({})
    await using ipset = new IPSet({ transport, timeout: 500 })
    const outcome = await ipset.restore(text).then(() => 'done', (error: unknown) => (error as Error).message)
    return { outcome, sent: transport.sent.length }
  }

  test.each(['restore -file /tmp/evil', 'list -file /tmp/evil', 'save -f /tmp/evil', '-f /tmp/evil add ban 10.0.0.1', 'add ban evil.example', 'add ban /tmp/evil', 'create ban hash:ip -file /tmp/evil'])(
    'names no file that is read or written, and no host that is asked for: %s',
    async (line) => {
      mockOpened.length = 0
      mockWatching = true
      try {
        await restored(`${line}\n`)
      } finally {
        mockWatching = false
      }
      expect(mockOpened.filter((path) => path.includes('evil'))).toEqual([])
    },
  )

  test.each<[string, string]>([
    ['a line of a megabyte', `add ban ${'x'.repeat(1e6)}\n`],
    ['a megabyte of quotes', `add ban 10.0.0.1 comment ${'"'.repeat(1e6)}\n`],
    ['100,000 lines of nothing', '\n'.repeat(1e5)],
    ['100,000 comments', '# add ban 10.0.0.1\n'.repeat(1e5)],
    ['a megabyte of commas', `add ban ${','.repeat(1e6)}\n`],
  ])('is read, or refused, in a moment: %s', async (_, text) => {
    const began = performance.now()
    await restored(text)
    expect(performance.now() - began).toBeLessThan(6000)
  })
})
