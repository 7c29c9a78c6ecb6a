import { inspect } from 'node:util'
import { Accept, BuiltinChain, defaultTables, Drop, Jump, Rule, RulesetError, Table, Tables, UserChain } from '../../../../src/iptc/builder/index.js'
import { InputError } from '../../../../src/netlink/index.js'
import { parseRuleset } from '../../../../src/xtables/index.js'

/** The text with this file's places in it as `PLACE`. */
const placeless = (text: string) => text.replace(/\(test\/unit\/iptc\/builder\/tables\.test\.ts:\d+[^)]*\)/g, '(PLACE)').replace(/^#{5,}$/gm, '####')

describe('default tables', () => {
  test.each(['ip', 'ip6'] as const)('are those of the kernel, all of them empty, for %s', (family) => {
    const tables = defaultTables({ family })
    expect(tables.family).toBe(family)
    expect(Object.fromEntries([...tables].map(([name, table]) => [name, [...table.keys()]]))).toEqual({
      filter: ['INPUT', 'FORWARD', 'OUTPUT'],
      nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
      mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
      raw: ['PREROUTING', 'OUTPUT'],
      security: ['INPUT', 'FORWARD', 'OUTPUT'],
    })
    for (const table of tables.values()) for (const chain of table.values()) expect([chain.policy, chain.length]).toEqual(['ACCEPT', 0])
  })

  test('are of IPv4 unless told', () => {
    expect(defaultTables().family).toBe('ip')
    expect(() => defaultTables({ family: 'ipv6' as never })).toThrow('family: ')
  })
})

describe('tables are maps', () => {
  test('from names to what was appended', () => {
    const tables = defaultTables()
    expect(tables.filter.INPUT).toBe(tables.get('filter')?.get('INPUT'))
    const [table, chain] = ['nat', 'OUTPUT'] as const
    expect(tables[table][chain]).toBe(tables.nat.OUTPUT)
    const web = tables.filter.append(new UserChain('web'))
    expect(tables.filter.web).toBe(web)
    expect([tables.size, tables.has('nat'), tables.has('broute'), tables.get('broute'), 'nat' in tables, 'append' in tables]).toEqual([5, true, false, undefined, true, false])
    expect([...tables.filter.keys()]).toEqual(['INPUT', 'FORWARD', 'OUTPUT', 'web'])
    expect([...tables.filter.values()].map(({ name }) => name)).toEqual([...tables.filter.keys()])
    expect([...tables.filter.entries()]).toEqual([...tables.filter])
    const seen: string[] = []
    tables.forEach((table, name) => seen.push(`${name} ${table.name}`))
    expect(seen[0]).toBe('filter filter')
  })

  test('that take no assignment', () => {
    const tables = defaultTables() as unknown as Record<string, Record<string, unknown>>
    expect(() => Object.assign(tables, { filter: null })).toThrow(TypeError)
    expect(() => Object.assign(tables.filter as object, { INPUT: null })).toThrow(/use append\(chain\)/)
    expect(() => Object.assign(tables, { other: null })).toThrow(/use append\(table\)/)
    expect(() => delete tables.filter).toThrow(TypeError)
    expect(() => defaultTables().set()).toThrow(/use append/)
  })

  test('with names that are methods, too', () => {
    const table = new Table('filter')
    const chain = table.append(new UserChain('append'))
    expect(table.get('append')).toBe(chain)
    expect(typeof table.append).toBe('function')
    expect(parseRuleset(new Tables(table).toIptables()).filter).toHaveProperty('append')
    for (const name of ['__proto__', 'constructor', 'size', 'name', 'origin']) expect(table.append(new UserChain(name))).toBe(table.get(name))
  })

  test('that lose nothing: another of the same name must wait until the first is out', () => {
    const tables = defaultTables()
    const { filter } = tables
    expect(tables.append(filter)).toBe(filter)
    expect(() => tables.append(new Table('filter'))).toThrow(/there is a 'filter' already/)
    expect(() => filter.append(new UserChain('INPUT'))).toThrow(InputError)
    expect([tables.delete('filter'), tables.delete('filter')]).toEqual([true, false])
    tables.append(new Table('filter'))
    expect(tables.filter.size).toBe(0)
  })

  test('that refuse what does not belong there', () => {
    expect(() => new Table('filter', new Table('nat') as never)).toThrow('a table holds chains')
    expect(() => new Tables(new UserChain('x') as never, new Table('x'))).toThrow('Tables hold tables')
    expect(() => new Tables(new Table('x'), { familly: 'ip' } as never)).toThrow('familly: there is no such option')
    expect(() => new Tables(null as never)).toThrow(InputError)
    for (const name of ['', 'a b', 'a\nb', 5]) {
      expect(() => new Table(name as string)).toThrow(InputError)
      expect(() => new UserChain(name as string)).toThrow(InputError)
    }
  })

  test('made with or without new, and extended', () => {
    class Mine extends Tables {}
    const mine = new Mine(Table('filter'), { family: 'ip6' })
    expect([mine.size, mine.family, mine instanceof Tables, Tables(Table('nat')) instanceof Tables]).toEqual([1, 'ip6', true, true])
  })
})

describe('chains are lists', () => {
  const [a, b, c] = [Accept({ s: '192.0.2.1' }), Accept({ s: '192.0.2.2' }), Accept({ s: '192.0.2.3' })]

  test('of rules, in their order', () => {
    const chain = new BuiltinChain('INPUT', 'ACCEPT', { rules: [a] })
    expect(chain.append(c)).toBe(c)
    expect(chain.insert(b, 1)).toBe(b)
    expect([...chain]).toEqual([a, b, c])
    expect(chain.insert(c, -1)).toBe(c)
    expect(chain.indexOf(c)).toBe(2)
    chain.remove(c)
    expect([...chain]).toEqual([a, b, c])
    expect(chain.insert(Drop())).toBe(chain[0])
    expect([chain.length, chain.at(-1), Array.isArray(chain)]).toEqual([4, c, true])
    expect(chain.splice(0, 2)).toEqual([expect.anything(), a])
    expect(chain.push(a, b)).toBe(4)
    expect(chain.unshift(a)).toBe(5)
    chain.length = 0
    expect([...chain]).toEqual([])
  })

  test('whose parts are plain arrays', () => {
    const chain = new UserChain('web', { rules: [a, b] })
    for (const part of [chain.slice(), chain.filter(() => true), chain.map((rule) => rule), chain.concat([])]) {
      expect(Object.getPrototypeOf(part)).toBe(Array.prototype)
      expect(part).toEqual([a, b])
    }
  })

  test('that hold rules only', () => {
    const chain = new UserChain('web')
    for (const bad of ['-j DROP', undefined, {}, new UserChain('x')]) {
      expect(() => chain.append(bad as never)).toThrow(InputError)
      expect(() => chain.push(bad as never)).toThrow(InputError)
      expect(() => chain.unshift(bad as never)).toThrow(InputError)
      expect(() => chain.insert(bad as never)).toThrow(InputError)
    }
    expect(() => chain.insert(a, 0.5)).toThrow('position: ')
    expect(() => chain.remove(a)).toThrow(/does not hold this rule/)
    expect(chain.length).toBe(0)
    chain[1] = a
    expect(() => new Tables(new Table('filter', chain)).toIptables()).toThrow('filter web[0]: is no rule')
  })

  test('and have policies where they are built in', () => {
    const chain = new BuiltinChain('INPUT', 'ACCEPT')
    chain.policy = Rule.DROP
    expect(chain.toIptables().headerContent).toBe(':INPUT DROP [0:0]')
    expect(() => Object.assign(chain, { policy: 'REJECT' })).toThrow("policy: 'REJECT' is no policy")
    expect(() => new BuiltinChain('INPUT', undefined as never)).toThrow('policy: ')
    expect(chain.policy).toBe('DROP')
    expect(new UserChain('web').toIptables()).toEqual({ headerContent: ':web - [0:0]', rules: expect.stringMatching(/^# User Chain "web" \(.*\)\n# No rules$/) })
  })

  test('with names that the kernel takes', () => {
    for (const name of ['ACCEPT', '-x', '!x', 'x'.repeat(29)]) {
      expect(() => new Tables(new Table('filter', new UserChain(name))).toIptables()).toThrow(RulesetError)
    }
  })
})

describe('the text of tables', () => {
  test('has a heading, the places where all was made, and a line for each rule', () => {
    const tables = new Tables(
      new Table('filter', new BuiltinChain('INPUT', 'ACCEPT'), new BuiltinChain('FORWARD', 'DROP', { comment: 'routed\npackets' })),
      new Table('nat', new UserChain('empty')),
    )
    const web = tables.filter.append(new UserChain('web', { comment: 'the web' }))
    const SSH = Rule({ proto: 'tcp', dport: '22' })
    tables.filter.INPUT.append(SSH({ jump: 'ACCEPT', source: '1.1.1.1', comment: 'Allow SSH from my workstation' }))
    tables.filter.INPUT.append(SSH({ jump: 'REJECT' }))
    tables.filter.INPUT.append(Jump(web))
    expect(placeless(tables.toIptables())).toBe(`# Tables generated by netfilter-kit (PLACE)

####
# filter table (PLACE) #
####
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:web - [0:0]

# Builtin Chain "INPUT" (PLACE)
# Rule: Allow SSH from my workstation (PLACE)
-A INPUT -p tcp -s 1.1.1.1 -j ACCEPT --dport 22 -m comment --comment "Allow SSH from my workstation"
# Rule: (PLACE)
-A INPUT -p tcp -j REJECT --dport 22
# Rule: the web (PLACE)
-A INPUT -j web -m comment --comment "the web"

# Builtin Chain "FORWARD" (PLACE)
# routed packets
# No rules

# User Chain "web" (PLACE)
# the web
# No rules

COMMIT

####
# nat table (PLACE) #
####
*nat
:empty - [0:0]

# User Chain "empty" (PLACE)
# No rules

COMMIT
`)
    expect(String(tables)).toBe(tables.toIptables())
    expect(tables.toIptables()).toContain(tables.filter.toIptables())
    const box = /^(#+)\n(# .* #)\n(#+)$/m.exec(tables.toIptables())
    expect(new Set(box?.slice(1).map((line) => line.length)).size).toBe(1)
  })

  test('is that of a family: what the other has is refused', () => {
    const four = defaultTables()
    const six = defaultTables({ family: 'ip6' })
    for (const tables of [four, six]) tables.filter.INPUT.append(Rule({ source: 'fd00::/8', jump: 'DROP', comment: 'six' }))
    expect(six.toIptables()).toContain('-A INPUT -s fd00::/8 -j DROP')
    expect(() => four.toIptables()).toThrow(/^filter INPUT "six" \(.*\): -s: .*IPv6/)
  })

  test('is refused where a rule cannot stand in its chain', () => {
    const tables = defaultTables()
    tables.filter.INPUT.append(Rule({ o: 'eth0', jump: 'DROP' }))
    expect(() => tables.toIptables()).toThrow(/filter INPUT rule .*can't use -o with INPUT/)
    const nat = defaultTables()
    nat.nat.PREROUTING.append(Drop())
    expect(() => nat.toIptables()).toThrow(/nat PREROUTING rule .*not intended for filtering/)
  })

  test('inspect shows chains and rules', () => {
    const tables = new Tables(new Table('filter', new BuiltinChain('INPUT', 'DROP', { rules: [Accept({ i: 'lo' })] }), new UserChain('web')))
    expect(inspect(tables)).toBe('Tables (ip)\n  Table "filter"\n    Builtin Chain "INPUT" DROP\n      Rule <-i lo -j ACCEPT>\n    User Chain "web"')
    expect(String(tables.filter.INPUT)).toBe('-i lo -j ACCEPT')
  })
})
