import { HEADER_OFFSETS, HEADER_SIZE } from '../../../src/xtables/header.js'
import type { Family, RuleInput } from '../../../src/xtables/index.js'
import { comesBack, empty, survives } from '../../support/foreign-rules.js'
import { describeLegacy, FAMILIES, ownLock } from '../../support/xtables.js'

ownLock()

const ACCEPT = { target: { target: 'ACCEPT' } } as const

/** The struct of an entry, made by hand. */
function header(family: Family, make: (bytes: Buffer, at: (typeof HEADER_OFFSETS)['ip']) => void): RuleInput {
  const bytes = Buffer.alloc(HEADER_SIZE[family])
  make(bytes, HEADER_OFFSETS[family] as (typeof HEADER_OFFSETS)['ip'])
  return { header: bytes.toString('hex'), ...ACCEPT }
}

/** Bytes in the struct of an entry that no conditions of a rule say. */
const HEADERS: readonly [string, (family: Family) => RuleInput][] = [
  [
    'address bits that its mask leaves out',
    (family) =>
      header(family, (bytes, at) => {
        bytes.fill(0x11, at.source, at.source + 4)
        bytes[at.sourceMask] = 0xff
      }),
  ],
  [
    'an interface of which no byte counts',
    (family) =>
      header(family, (bytes, at) => {
        bytes.write('eth0', at.inInterface)
      }),
  ],
  [
    'an interface mask with a hole',
    (family) =>
      header(family, (bytes, at) => {
        bytes.write('eth0', at.outInterface)
        bytes.set([0xff, 0x00, 0xff, 0x0f], at.outInterfaceMask)
      }),
  ],
  [
    'bytes behind the end of an interface name',
    (family) =>
      header(family, (bytes, at) => {
        bytes.write('eth0\0junk', at.inInterface)
        bytes.fill(0xff, at.inInterfaceMask, at.inInterfaceMask + 5)
      }),
  ],
  [
    'a negation of nothing',
    (family) =>
      header(family, (bytes, at) => {
        bytes[at.inverted] = 0x02 | 0x40
      }),
  ],
  [
    'a protocol that does not count, or fragments that are negated and not asked for',
    (family) =>
      header(family, (bytes, at) => {
        if (family === 'ip6') bytes.writeUInt16LE(6, at.protocol)
        else bytes[at.inverted] = 0x20
      }),
  ],
]

describeLegacy('an entry whose struct no conditions say', (tables) => {
  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(() => empty(tables, family))

    test.each(HEADERS)('is kept byte for byte, and comes back from data and text, with %s', async (_, rule) => {
      const given = rule(family)
      const { header: kept } = await survives(tables, family, given)
      expect(kept === undefined || kept === given.header).toBe(true)
      await comesBack(tables, family)
    })
  })
})
