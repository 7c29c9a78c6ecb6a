import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** A function: whether it may throw outside of a promise, and whether it gives one. */
interface Call {
  readonly throws: boolean
  readonly promise: boolean
}

interface Hovered {
  readonly name: string
  /** Where it is declared. */
  readonly file: string
  /** What an editor shows. */
  readonly doc: string
  readonly call?: Call
}

interface Exported extends Hovered {
  readonly members: readonly Hovered[]
}

interface Room {
  readonly room: string
  readonly names: readonly Exported[]
}

const rooms: readonly Room[] = JSON.parse(execFileSync(process.execPath, [join(__dirname, '../support/hover.mjs')], { encoding: 'utf8', maxBuffer: 1 << 26 }))
const place = ({ name, file }: Hovered, owner = '') => `${owner}${name} (${file})`

/** Classes that programs hold in their hands: hovering any of their members says something. */
const HELD = ['IPSet', 'WiSet', 'Xtables', 'Changes', 'Connection', 'Transaction', 'Reading', 'SetHeader', 'SetEntry', 'IPStats', 'CreateOptions', 'AddOptions']

/** Members whose name says it all, and those that every object has. */
const PLAIN = ['signal', 'closed', 'toString', 'options']

const SAYS_SO = /throws|refuse|reject|error/i

describe('what an editor shows for a name', () => {
  test('is known for all rooms', () => {
    expect(rooms.map(({ room }) => room)).toEqual(expect.arrayContaining(['', 'netlink', 'ipset', 'wiset', 'xtables', 'iptc', 'iptc/builder', 'testing']))
    const docs = new Map(rooms.flatMap(({ names }) => names).map(({ name, doc }) => [name, doc]))
    expect(docs.get('openXtables')).toMatch(/^Opens the firewall/)
    expect(docs.get('WiSet')).toMatch(/@example/)
    expect(docs.size).toBeGreaterThan(300)
  })

  test.each(rooms)('netfilter-kit/$room: every export says what it is', ({ names }) => {
    expect(names.filter(({ doc }) => doc.length < 5).map((one) => place(one))).toEqual([])
  })

  test.each(rooms)('netfilter-kit/$room: a function that may throw says so, unless it gives a promise or never comes back', ({ names }) => {
    const silent = names.filter(({ call, doc }) => call?.throws && !call.promise && !SAYS_SO.test(doc))
    expect(silent.map((one) => place(one))).toEqual([])
  })

  test.each(HELD)('%s: every member says what it is', (held) => {
    const found = rooms.flatMap(({ names }) => names).find(({ name }) => name === held)
    expect(found?.members.length).toBeGreaterThan(0)
    expect(found?.members.filter(({ name, doc }) => doc === '' && !PLAIN.includes(name)).map((one) => place(one, `${held}.`))).toEqual([])
  })
})

describe('the scan itself', () => {
  const all = new Map(rooms.flatMap(({ names }) => names).map((one) => [one.name, one]))

  test('sees what throws: by itself, and by a function that it calls', () => {
    expect(all.get('readAcknowledgement')?.call).toEqual({ throws: true, promise: false })
    expect(all.get('formatRule')?.call).toEqual({ throws: true, promise: false })
  })

  test('sees what does not', () => {
    expect(all.get('errnoName')?.call).toEqual({ throws: false, promise: false })
    expect(all.get('openXtables')?.call?.promise).toBe(true)
  })
})
