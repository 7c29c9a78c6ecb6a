import { type Easy, easyOn, type RuleDictionary } from '../../src/iptc/index.js'
import { InputError } from '../../src/netlink/index.js'
import { type Family, TABLE_CHAINS, type Xtables } from '../../src/xtables/index.js'
import { describeTables, FAMILIES, rejection, start, type Tables } from './xtables.js'

/** Makes all tables hold nothing: no rules, no chains of the user's, policies ACCEPT. */
export function emptyTables(tables: Tables, families: readonly Family[] = FAMILIES): void {
  for (const family of families) {
    if (tables.backend === 'nft') {
      start('nft', ['flush', 'ruleset', family])
      continue
    }
    const text = Object.entries(TABLE_CHAINS).map(([table, chains]) => [`*${table}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), 'COMMIT\n'].join('\n'))
    start(`${tables.programs[family]}-restore`, ['-c', '-w'], text.join(''))
  }
}

/** A rule that is told by its comment. */
export const note = (name: string | number): RuleDictionary => ({ comment: { comment: String(name) } })

/** A refusal that is the caller's fault. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise)
  expect(error).toBeInstanceOf(InputError)
  return error.message
}

/** Where easy calls are tried. */
interface Place {
  readonly tables: Tables
  readonly family: Family
  readonly options: { readonly ipv6: boolean }
  /** The calls over an open connection, anew for each test. */
  on(): Easy
  xt(): Xtables
}

/** `describe` for easy calls: once for each backend and family, all tables empty before each test. */
export function describeEasy(name: string, body: (place: Place) => void): void {
  describeTables(`${name}, %s`, (tables) => {
    describe.each(FAMILIES)('of family %s', (family) => {
      let xt: Xtables
      let easy: Easy
      beforeAll(async () => {
        xt = await tables.open()
      })
      beforeEach(() => {
        emptyTables(tables)
        easy = easyOn({ xt })
      })
      afterAll(() => xt.close())
      body({ tables, family, options: { ipv6: family === 'ip6' }, on: () => easy, xt: () => xt })
    })
  })
}
