import fc from 'fast-check'
import { face } from '../../src/xtables/face.js'
import { HEADER_OFFSETS, HEADER_SIZE } from '../../src/xtables/header.js'
import {
  decodeEntry,
  encodeEntry,
  type Family,
  formatRule,
  InputError,
  parseRule,
  type Rule,
} from '../../src/xtables/index.js'
import { ProtocolError } from '../../src/netlink/wire/error.js'
import { kernelExtensions } from '../../src/xtables/registry.js'
import { capturedRules, runs } from '../support/xtables-fixtures.js'

// Entries of a machine that stores the low byte first, as they were captured.

const SETS = ['s1', 's2', 's3', 's4']
const READ = { sets: SETS, chain: (place: number) => `at${place}` }
const EXTENSION_HEADER = 32

interface Entry {
  readonly family: Family
  readonly bytes: Buffer
}

const captured: readonly Entry[] = capturedRules
  .filter(({ ok }) => ok)
  .map(({ family, entry }) => ({ family, bytes: Buffer.from(entry, 'hex') }))

/** The extensions of an entry that is sound: where each begins, and which revision it says it is. */
function placesOf(bytes: Buffer, family: Family): { at: number; name: string; revision: number; end: number }[] {
  const target = bytes.readUInt16LE(HEADER_OFFSETS[family].targetOffset)
  const places = []
  for (let at = HEADER_SIZE[family]; at < bytes.length; ) {
    const end = at >= target ? bytes.length : at + bytes.readUInt16LE(at)
    const name = bytes.toString('latin1', at + 2, Math.min(at + 31, bytes.indexOf(0, at + 2)))
    places.push({ at, name, revision: bytes[at + 31] as number, end })
    at = end
  }
  return places
}

/** The parts of a rule in the order of its bytes; undefined for a verdict, a jump, or what is unknown. */
function partsOf({ matches = [], target }: Rule): (readonly ['match' | 'target', string] | undefined)[] {
  const known = (type: 'match' | 'target', name: string) => (name === 'unknown' ? undefined : ([type, name] as const))
  const ends = target && 'target' in target && !['ACCEPT', 'DROP', 'RETURN', 'QUEUE'].includes(target.target)
  return [...matches.map((match) => known('match', match.match)), ends ? known('target', target.target) : undefined]
}

/** The bytes without those that are nobody's, or the kernel's alone. */
function bare(entry: Buffer, family: Family, rule: Rule): Buffer {
  const bytes = Buffer.from(entry)
  const { cache, targetOffset } = HEADER_OFFSETS[family]
  bytes.fill(0, cache, targetOffset)
  bytes.fill(0, targetOffset + 4, HEADER_SIZE[family])
  const parts = partsOf(rule)
  placesOf(bytes, family).forEach(({ at, name, revision, end }, index) => {
    bytes.fill(0, Math.min(at + 31, at + 2 + name.length), at + 31)
    const part = parts[index]
    if (part) {
      const extension = kernelExtensions(part[0], name, family).find((one) => one.name === part[1])
      bytes.fill(0, at + EXTENSION_HEADER + ((extension && face(extension, revision)?.visible) || 0), end)
    } else if (name === '' && end - at === 40 && index === parts.length - 1) {
      // A verdict: its revision does not count, and the last four bytes are padding.
      bytes[at + 31] = 0
      bytes.fill(0, at + 36, end)
    }
  })
  return bytes
}

function comesBack({ family, bytes }: Entry): Rule | undefined {
  const before = Buffer.from(bytes)
  let rule: Rule
  try {
    rule = decodeEntry(bytes, { family, ...READ })
  } catch (error) {
    if (!ProtocolError.is(error)) throw error
    return undefined
  }
  if (!before.equals(bytes)) throw new Error('reading has changed the bytes')
  // Each is written in the revision it was read in.
  const revisions = placesOf(bytes, family)
    .filter((_, index) => partsOf(rule)[index])
    .map(({ revision }) => revision)
  const written = encodeEntry(rule, {
    family,
    sets: SETS,
    chain: (name) => Number(name.slice(2)),
    revision: () => revisions.shift() as number,
  })
  const [ours, theirs] = [bare(written, family, rule), bare(bytes, family, rule)]
  if (!ours.equals(theirs)) expect(ours.toString('hex')).toBe(theirs.toString('hex'))
  return rule
}

type Change = (bytes: Buffer, family: Family) => Buffer
const place = fc.nat(0xffff)
const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff))
const set: fc.Arbitrary<Change> = fc.tuple(place, byte).map(([at, value]) => (bytes) => {
  bytes[at % bytes.length] = value
  return bytes
})
const flip: fc.Arbitrary<Change> = fc.tuple(place, fc.nat(7)).map(([at, bit]) => (bytes) => {
  bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit)
  return bytes
})
const cut: fc.Arbitrary<Change> = place.map((at) => (bytes) => bytes.subarray(0, at % (bytes.length + 1)))
/** Grows or shrinks the data in front of the target, and says so in the offsets. */
const stretch: fc.Arbitrary<Change> = fc
  .tuple(place, fc.constantFrom(8, 16, 40, 4, 1))
  .map(([at, more]) => (bytes, family) => {
    const { targetOffset, nextOffset } = HEADER_OFFSETS[family]
    if (bytes.length < HEADER_SIZE[family]) return bytes
    const middle = HEADER_SIZE[family] + (at % (bytes.length - HEADER_SIZE[family] + 1))
    const longer = Buffer.concat([bytes.subarray(0, middle), Buffer.alloc(more), bytes.subarray(middle)])
    if (middle <= longer.readUInt16LE(targetOffset))
      longer.writeUInt16LE((longer.readUInt16LE(targetOffset) + more) & 0xffff, targetOffset)
    longer.writeUInt16LE((longer.readUInt16LE(nextOffset) + more) & 0xffff, nextOffset)
    return longer
  })
const changes = fc.array(fc.oneof({ weight: 5, arbitrary: set }, { weight: 5, arbitrary: flip }, cut, stretch), {
  minLength: 1,
  maxLength: 4,
})

const mutant = fc.tuple(fc.constantFrom(...captured), changes).map(
  ([{ family, bytes }, list]): Entry => ({
    family,
    bytes: Buffer.from(
      list.reduce<Buffer>((now, change) => (now.length === 0 ? now : change(now, family)), Buffer.from(bytes)),
    ),
  }),
)

test('captured entries come back, and none is left unknown', () => {
  expect(captured.length).toBeGreaterThan(800)
  for (const entry of captured)
    expect(comesBack(entry)?.matches?.map(({ match }) => match) ?? []).not.toContain('unknown')
})

test('entries changed in places are a rule that comes back, or a ProtocolError', () => {
  fc.assert(
    fc.property(mutant, (entry) => void comesBack(entry)),
    runs(5_000),
  )
})

test('a single bit that is turned over is a rule that comes back, or a ProtocolError', () => {
  const flipped = fc
    .tuple(fc.constantFrom(...captured), flip)
    .map(([{ family, bytes }, change]) => ({ family, bytes: change(Buffer.from(bytes), family) }))
  fc.assert(
    fc.property(flipped, (entry) => void comesBack(entry)),
    runs(5_000),
  )
})

test('any bytes are a ProtocolError, or a rule that comes back', () => {
  const any = fc.record({
    family: fc.constantFrom<Family>('ip', 'ip6'),
    bytes: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(any, (entry) => void comesBack(entry)),
    runs(2_000),
  )
})

test('a rule read from changed bytes has a text that says the same, or an InputError says why not', () => {
  fc.assert(
    fc.property(mutant, (entry) => {
      const { family } = entry
      const rule = comesBack(entry)
      if (rule === undefined) return
      try {
        const text = formatRule(rule, { family })
        expect(formatRule(parseRule(text, { family }), { family })).toBe(text)
      } catch (error) {
        if (!InputError.is(error)) throw error
      }
    }),
    runs(5_000),
  )
})
