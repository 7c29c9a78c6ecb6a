import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { livePolicy } from '../../../../src/iptc/daemon/live-policy.js'
import type { Peer } from '../../../../src/iptc/daemon/peer.js'
import { type Policy, readPolicy } from '../../../../src/iptc/daemon/policy.js'
import { readPolicyFile, repeatedKey } from '../../../../src/iptc/daemon/policy-file.js'
import { InputError } from '../../../../src/netlink/index.js'
import { rejection } from '../../../support/rejection.js'

const peer = (uid: number, gid = 100, ...groups: number[]): Peer => ({ pid: 1, uid, gid, groups })
const FAMILIES = ['ip', 'ip6'] as const
const TABLES = ['filter', 'nat', 'mangle', 'raw', 'security']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'))
  writeFileSync(join(folder, 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nbanner:x:1234:55::/:/bin/false\nbroken:x:many:1::/:\nnobody4:x:4294967295:1::/:\n')
  writeFileSync(join(folder, 'group'), 'root:x:0:\nfirewall:x:77:banner,other\n')
})
afterAll(() => rmSync(folder, { recursive: true }))
const files = () => ({ passwd: join(folder, 'passwd'), group: join(folder, 'group') })

describe('what a policy allows', () => {
  test('nothing, when it says nothing: root neither', async () => {
    for (const document of [{ rules: [] }, { rules: [{ uid: 0 }, { gid: 0, tables: {}, sets: {} }] }]) {
      const policy = await readPolicy(document)
      for (const one of [peer(0, 0, 0), peer(1000)]) {
        expect(policy.maySet(one, 'read', 'ban')).toBe(false)
        expect(policy.maySet(one, 'read')).toBe(false)
        expect(policy.maySet(one, 'write', 'nfkit~x')).toBe(false)
        expect(policy.mayTable(one, 'read', 'ip', 'filter')).toBe(false)
        expect(policy.mayTable(one, 'write', 'ip', 'filter', 'INPUT')).toBe(false)
        expect(policy.mayWatch(one)).toBe(false)
      }
    }
  })

  test('its user, its group, a supplementary group: by number', async () => {
    const policy = await readPolicy({ rules: [{ uid: 1000, sets: { a: 'read' } }, { gid: 33, sets: { b: 'read' } }] })
    const may = (one: Peer) => ['a', 'b'].filter((set) => policy.maySet(one, 'read', set))
    expect(may(peer(1000))).toEqual(['a'])
    expect(may(peer(1001, 1000, 1000))).toEqual([])
    expect(may(peer(1001, 33))).toEqual(['b'])
    expect(may(peer(1001, 1, 2, 33))).toEqual(['b'])
    expect(may(peer(33, 1))).toEqual([])
    expect(may(peer(1000, 33))).toEqual(['a', 'b'])
  })

  test('users and groups by their names, looked up once', async () => {
    const policy = await readPolicy({ rules: [{ uid: 'banner', sets: { a: 'read' } }, { gid: 'firewall', sets: { b: 'read' } }] }, files())
    expect(policy.maySet(peer(1234), 'read', 'a')).toBe(true)
    // Who is a member by /etc/group alone, and not by what the process runs under, is none.
    expect(policy.maySet(peer(1234), 'read', 'b')).toBe(false)
    expect(policy.maySet(peer(5, 77), 'read', 'b')).toBe(true)
  })

  test('sets by name, by prefix, all; write includes read, read does not include write', async () => {
    const policy = await readPolicy({ rules: [{ uid: 1, sets: { 'ban-*': 'write', 'seen': 'read' } }, { uid: 2, sets: { '*': 'read' } }] })
    const may = (uid: number, access: 'read' | 'write', set?: string) => policy.maySet(peer(uid), access, set)
    expect([may(1, 'write', 'ban-'), may(1, 'write', 'ban-v4'), may(1, 'read', 'ban-v4')]).toEqual([true, true, true])
    expect([may(1, 'write', 'ban'), may(1, 'write', 'xban-v4'), may(1, 'write', 'BAN-v4')]).toEqual([false, false, false])
    expect([may(1, 'read', 'seen'), may(1, 'write', 'seen'), may(1, 'read', 'seen2')]).toEqual([true, false, false])
    expect([may(1, 'write'), may(1, 'read')]).toEqual([false, false])
    expect([may(2, 'read'), may(2, 'read', 'any'), may(2, 'write', 'any'), may(2, 'write')]).toEqual([true, true, false, false])
  })

  test('temporary sets, to those who may write a set', async () => {
    const policy = await readPolicy({ rules: [{ uid: 1, sets: { 'ban-*': 'write' } }, { uid: 2, sets: { '*': 'read' } }] })
    expect(policy.maySet(peer(1), 'write', 'nfkit~0abc.1.2.3')).toBe(true)
    expect(policy.maySet(peer(2), 'write', 'nfkit~0abc.1.2.3')).toBe(false)
  })

  test.each<[string, (family: string, table: string) => boolean]>([
    ['ip filter', (family, table) => family === 'ip' && table === 'filter'],
    ['ip6 nat', (family, table) => family === 'ip6' && table === 'nat'],
    ['* filter', (_, table) => table === 'filter'],
    ['ip *', (family) => family === 'ip'],
    ['* *', () => true],
    ['*', () => true],
  ])('tables named %j are those, to be read and to be written', async (key, within) => {
    const reader = await readPolicy({ rules: [{ uid: 1, tables: { [key]: { access: 'read' } } }] })
    const writer = await readPolicy({ rules: [{ uid: 1, tables: { [key]: { access: 'write' } } }] })
    for (const family of FAMILIES) {
      for (const table of TABLES) {
        expect(reader.mayTable(peer(1), 'read', family, table)).toBe(within(family, table))
        expect(reader.mayTable(peer(1), 'write', family, table, 'INPUT')).toBe(false)
        expect(reader.mayTable(peer(1), 'write', family, table)).toBe(false)
        expect(writer.mayTable(peer(1), 'read', family, table)).toBe(within(family, table))
        expect(writer.mayTable(peer(1), 'write', family, table)).toBe(within(family, table))
        expect(writer.mayTable(peer(1), 'write', family, table, 'any')).toBe(within(family, table))
        expect(writer.mayTable(peer(2), 'read', family, table)).toBe(false)
      }
    }
  })

  test('chains by name and by prefix; who may write some may read the table, and not write it as a whole', async () => {
    const policy = await readPolicy({ rules: [{ uid: 1, tables: { 'ip filter': { access: 'write', chains: ['app-*', 'INPUT'] } } }] })
    const write = (chain?: string) => policy.mayTable(peer(1), 'write', 'ip', 'filter', chain)
    expect([write('app-'), write('app-1'), write('INPUT')]).toEqual([true, true, true])
    expect([write('app'), write('INPUT2'), write('OUTPUT'), write('')]).toEqual([false, false, false, false])
    expect(write()).toBe(false)
    expect(policy.mayTable(peer(1), 'read', 'ip', 'filter')).toBe(true)
    expect(policy.mayTable(peer(1), 'write', 'ip6', 'filter', 'INPUT')).toBe(false)
    const all = await readPolicy({ rules: [{ uid: 1, tables: { 'ip filter': { access: 'write', chains: ['x', '*'] } } }] })
    expect(all.mayTable(peer(1), 'write', 'ip', 'filter')).toBe(true)
  })

  test('what any rule allows', async () => {
    const policy = await readPolicy({ rules: [
      { uid: 1, tables: { 'ip filter': { access: 'read' }, 'ip *': { access: 'write', chains: ['a'] } } },
      { gid: 9, tables: { '* filter': { access: 'write', chains: ['b'] } } },
    ] })
    const write = (one: Peer, chain: string) => policy.mayTable(one, 'write', 'ip', 'filter', chain)
    expect([write(peer(1), 'a'), write(peer(1), 'b'), write(peer(1, 9), 'b')]).toEqual([true, false, true])
  })

  test.each<[object, boolean]>([
    [{ '*': { access: 'read' } }, true],
    [{ '*': { access: 'write', chains: ['x'] } }, true],
    [{ 'ip *': { access: 'read' }, 'ip6 *': { access: 'read' } }, true],
    [{ 'ip *': { access: 'write' } }, false],
    [Object.fromEntries(TABLES.map((table) => [`* ${table}`, { access: 'write' }])), false],
  ])('watching, to those who may read every table: %j', async (tables, may) => {
    const policy = await readPolicy({ rules: [{ uid: 1, tables }] })
    expect(policy.mayWatch(peer(1))).toBe(may)
    expect(policy.mayWatch(peer(2))).toBe(false)
  })

  test('what it allows now, when another has taken its place', async () => {
    const live = livePolicy(await readPolicy({ rules: [{ uid: 1, sets: { a: 'read' }, tables: { '*': { access: 'write' } } }] }))
    const asks = (policy: Policy) => [policy.maySet(peer(1), 'read', 'a'), policy.mayTable(peer(1), 'write', 'ip', 'nat', 'x'), policy.mayWatch(peer(1))]
    expect(asks(live)).toEqual([true, true, true])
    live.become(await readPolicy({ rules: [] }))
    expect(asks(live)).toEqual([false, false, false])
  })
})

describe('a policy is refused whole, and the place is named', () => {
  const rule = (rest: object) => ({ rules: [{ uid: 1, ...rest }] })
  test.each<[string, unknown, string, RegExp]>([
    ['no object', [], '', /object/],
    ['nothing', undefined, '', /object/],
    ['no rules', {}, 'rules', /list/],
    ['rules that are no list', { rules: {} }, 'rules', /list/],
    ['an unknown key', { rules: [], rule: [] }, '', /'rule'/],
    ['an unknown key of a rule', rule({ set: {} }), 'rules[0]', /'set'/],
    ['a rule for nobody', { rules: [{ sets: {} }] }, 'rules[0]', /one of them/],
    ['a rule for a user and a group', { rules: [{ uid: 1, gid: 1 }] }, 'rules[0]', /one of them/],
    ['a negative number', { rules: [{ uid: -1 }] }, 'rules[0].uid', /number of a user/],
    ['the number of nobody', { rules: [{ gid: 0xffff_ffff }] }, 'rules[0].gid', /number of a group/],
    ['half a number', { rules: [{ uid: 1.5 }] }, 'rules[0].uid', /number of a user/],
    ['all users', { rules: [{ uid: null }] }, 'rules[0].uid', /number of a user/],
    ['an empty name', { rules: [{ uid: '' }] }, 'rules[0].uid', /name/],
    ['an unknown user', { rules: [{ uid: 'ghost' }] }, 'rules[0].uid', /no user 'ghost'/],
    ['a number as text', { rules: [{ uid: '1234' }] }, 'rules[0].uid', /without quotes/],
    ['a user with no number', { rules: [{ uid: 'broken' }] }, 'rules[0].uid', /no user/],
    ['a user with the number of nobody', { rules: [{ uid: 'nobody4' }] }, 'rules[0].uid', /no user/],
    ['an unknown group', { rules: [{ gid: 'banner' }] }, 'rules[0].gid', /no group 'banner'/],
    ['an unknown access', rule({ sets: { a: 'rw' } }), 'rules[0].sets.a', /'read' or 'write'/],
    ['a star in the middle', rule({ sets: { 'a*b': 'read' } }), 'rules[0].sets["a*b"]', /at the end/],
    ['two stars', rule({ sets: { 'a**': 'read' } }), 'rules[0].sets["a**"]', /at the end/],
    ['an empty name of a set', rule({ sets: { '': 'read' } }), 'rules[0].sets[""]', /missing/],
    ['a table without family', rule({ tables: { filter: { access: 'read' } } }), 'rules[0].tables.filter', /family/],
    ['an unknown family', rule({ tables: { 'ip4 filter': { access: 'read' } } }), 'rules[0].tables["ip4 filter"]', /family/],
    ['an unknown table', rule({ tables: { 'ip fliter': { access: 'read' } } }), 'rules[0].tables["ip fliter"]', /no table 'fliter'/],
    ['a table of Object', rule({ tables: { 'ip constructor': { access: 'read' } } }), 'rules[0].tables["ip constructor"]', /no table/],
    ['two spaces', rule({ tables: { 'ip  filter': { access: 'read' } } }), 'rules[0].tables["ip  filter"]', /family/],
    ['three words', rule({ tables: { 'ip filter INPUT': { access: 'read' } } }), 'rules[0].tables["ip filter INPUT"]', /family/],
    ['access without a table’s form', rule({ tables: { 'ip filter': 'read' } }), 'rules[0].tables["ip filter"]', /object/],
    ['no access', rule({ tables: { 'ip filter': { chains: ['a'] } } }), 'rules[0].tables["ip filter"].access', /'read' or 'write'/],
    ['chains to be read', rule({ tables: { 'ip filter': { access: 'read', chains: ['a'] } } }), 'rules[0].tables["ip filter"].chains', /by table/],
    ['no chains', rule({ tables: { 'ip filter': { access: 'write', chains: [] } } }), 'rules[0].tables["ip filter"].chains', /all chains/],
    ['a bad chain', rule({ tables: { 'ip filter': { access: 'write', chains: ['ok', '*x'] } } }), 'rules[0].tables["ip filter"].chains[1]', /at the end/],
    ['a chain that is no text', rule({ tables: { 'ip filter': { access: 'write', chains: [1] } } }), 'rules[0].tables["ip filter"].chains[0]', /string/],
  ])('%s', async (_, document, path, words) => {
    const error = await rejection(readPolicy(document, files()))
    expect(error).toMatchObject({ code: 'ERR_INPUT', path, message: expect.stringMatching(words) })
  })

  test('names without files to look them up in', async () => {
    expect(await rejection(readPolicy({ rules: [{ uid: 'a' }] }, { passwd: join(folder, 'nosuch') }))).toMatchObject({ code: 'ERR_INPUT', path: 'rules[0].uid' })
  })

  test('whatever it is: a policy that allows strangers nothing, or an InputError', async () => {
    const names = fc.oneof(fc.constantFrom('*', 'a*', 'ip filter', '* *', 'ip *', 'rules', '__proto__', 'constructor'), fc.string({ maxLength: 6 }))
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>, fc.constantFrom('read', 'write'))
    const access = fc.constantFrom('read', 'write')
    const table = fc.record({ access: fc.oneof(access, value), chains: fc.array(names, { maxLength: 2 }) }, { requiredKeys: [] })
    const one = fc.record({
      uid: fc.oneof(fc.nat(9), value),
      gid: fc.oneof(fc.nat(9), value),
      tables: fc.dictionary(names, fc.oneof(table, value), { maxKeys: 2 }),
      sets: fc.dictionary(names, fc.oneof(access, value), { maxKeys: 2 }),
    }, { requiredKeys: [] })
    const documents = fc.oneof(fc.jsonValue() as fc.Arbitrary<unknown>, fc.record({ rules: fc.array(one, { maxLength: 3 }) }))
    let policies = 0
    await fc.assert(fc.asyncProperty(documents, async (document) => {
      try {
        const policy = await readPolicy(document, files())
        policies++
        const stranger = peer(4000, 4000, 4001)
        for (const set of [undefined, '', 'a', 'a*', '__proto__', 'nfkit~a']) expect(policy.maySet(stranger, 'read', set)).toBe(false)
        for (const family of FAMILIES) expect(policy.mayTable(stranger, 'read', family, 'filter', 'INPUT')).toBe(false)
        expect(policy.mayWatch(stranger)).toBe(false)
      } catch (error) {
        if (!InputError.is(error)) throw error
      }
    }), { numRuns: 2000 })
    expect(policies).toBeGreaterThan(100)
  })
})

describe('a policy file', () => {
  const write = (text: string, mode = 0o644) => {
    const path = join(folder, 'policy.json')
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }
  afterEach(() => rmSync(join(folder, 'policy.json'), { force: true }))

  test('is read', async () => {
    const policy = await readPolicyFile(write('{ "rules": [ { "uid": 7, "sets": { "ban": "write" } } ] }'))
    expect(policy.maySet(peer(7), 'write', 'ban')).toBe(true)
  })

  test.each([
    ['that is not there', () => join(folder, 'nosuch'), /cannot be read/],
    ['that is a folder', () => folder, /cannot be read/],
    ['that is no JSON', () => write('{ rules: [] }'), /no JSON/],
    ['that is empty', () => write(''), /no JSON/],
    ['with a key that stands twice', () => write('{ "rules": [ { "uid": 1, "sets": { "a": "read", "a" : "write" } } ] }'), /"a" stands twice/],
    ['with a key that stands twice in other letters', () => write('{ "rules": [], "r\\u0075les": [] }'), /"rules" stands twice/],
    ['that makes no sense', () => write('{ "rules": [ { "uid": "1" } ] }'), /rules\[0\]\.uid: /],
    ['that all may write', () => write('{ "rules": [] }', 0o646), /chmod go-w/],
    ['that its group may write', () => write('{ "rules": [] }', 0o664), /chmod go-w/],
  ])('%s is refused, and named', async (_, path, words) => {
    const file = path()
    expect(await rejection(readPolicyFile(file))).toMatchObject({ code: 'ERR_INPUT', path: file, message: expect.stringMatching(words) })
  })

  const asRoot = process.getuid?.() === 0 ? test : test.skip
  asRoot(`of a user is refused${process.getuid?.() === 0 ? '' : ' [skipped: not root, cannot give a file away]'}`, async () => {
    const file = write('{ "rules": [] }')
    chownSync(file, 4321, 0)
    expect(await rejection(readPolicyFile(file))).toMatchObject({ message: expect.stringMatching(/user 4321.*chown root/) })
  })

  test('of any JSON has a key twice only when it has', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      expect(repeatedKey(JSON.stringify(value))).toBeUndefined()
      expect(repeatedKey(JSON.stringify([{ a: [value, '}{"'], b: value }], null, 1))).toBeUndefined()
      expect(repeatedKey(`{"x":{"y":${JSON.stringify(value)},"y":1}}`)).toBe('"y"')
    }))
  })
})
