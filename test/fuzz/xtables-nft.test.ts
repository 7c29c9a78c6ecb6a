import fc from 'fast-check'
import { TYPE_MASK } from '../../src/netlink/wire/attributes.js'
import { face } from '../../src/xtables/face.js'
import { type Family, formatRule, type Rule } from '../../src/xtables/index.js'
import { EXPRESSIONS } from '../../src/xtables/nft/expression/expression.js'
import { kernelExtensions } from '../../src/xtables/registry.js'
import { attribute } from '../support/bytes.js'
import { runs } from '../support/xtables-fixtures.js'
import { bytesOf, captured, type Expressions, type Node, nodesOf, read, valueOr, write } from './expressions.js'

/** What is read can be written, or an InputError says why not; what a rule says is read as the same rule. */
function comesBack(bytes: Buffer, family: Family): Rule | undefined {
  const rule = read(bytes, family)
  const written = rule && write(rule, family)
  if (!rule || !written) return rule
  if (rule.expressions !== undefined) return rule
  const again = read(written, family) as Rule
  const text = valueOr(() => formatRule(rule, { family, counters: true }))
  if (text !== undefined) expect(formatRule(again, { family, counters: true })).toBe(text)
  return rule
}

// Bytes as they are.

type Change = (bytes: Buffer) => Buffer
const place = fc.nat(0xffff)
const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 8, 0x7f, 0x80, 0xff))
const set: fc.Arbitrary<Change> = fc.tuple(place, byte).map(([at, value]) => (bytes) => {
  if (bytes.length > 0) bytes[at % bytes.length] = value
  return bytes
})
const cut: fc.Arbitrary<Change> = place.map((at) => (bytes) => bytes.subarray(0, at % (bytes.length + 1)))
const changes = fc.array(fc.oneof({ weight: 5, arbitrary: set }, cut), { minLength: 1, maxLength: 4 })
const mutant = fc
  .tuple(fc.constantFrom(...captured), changes)
  .map(([{ family, sent }, list]) => ({ family, bytes: list.reduce<Buffer>((now, change) => change(now), Buffer.from(sent)) }))

// Attributes that end where they say, whatever is in them.

/** All lists of attributes, the outermost first. */
const listsOf = (nodes: Node[]): Node[][] => [nodes, ...nodes.flatMap(({ inside }) => (Buffer.isBuffer(inside) ? [] : listsOf(inside)))]

type Restructure = (list: Node[], at: number, more: readonly Node[]) => void
const payload = (node: Node | undefined, change: (bytes: Buffer) => Buffer): Node[] =>
  node ? [Buffer.isBuffer(node.inside) ? { ...node, inside: change(Buffer.from(node.inside)) } : node] : []
const restructure: fc.Arbitrary<Restructure> = fc.oneof(
  fc.constantFrom<Restructure>(
    (list, at) => list.splice(at, 1),
    (list, at) => list.splice(at, 0, ...list.slice(at, at + 1)),
    (list, at) => list.push(...list.splice(at, 1)),
    (list, at, more) => list.splice(at, 0, ...more),
  ),
  fc.nat(12).map((type) => (list: Node[], at: number) => list.splice(at, 1, ...list.slice(at, at + 1).map((node) => ({ ...node, type: (node.type & ~TYPE_MASK) | type })))),
  fc.tuple(place, byte).map(([to, value]) => (list: Node[], at: number) => list.splice(at, 1, ...payload(list[at], (bytes) => (bytes.length > 0 ? bytes.fill(value, to % bytes.length, (to % bytes.length) + 1) : bytes)))),
  place.map((to) => (list: Node[], at: number) => list.splice(at, 1, ...payload(list[at], (bytes) => bytes.subarray(0, to % (bytes.length + 1))))),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((more) => (list: Node[], at: number) => list.splice(at, 1, ...payload(list[at], (bytes) => Buffer.concat([bytes, more])))),
)
const restructured = fc
  .tuple(fc.constantFrom(...captured), fc.constantFrom(...captured), fc.array(fc.tuple(restructure, place, place), { minLength: 1, maxLength: 4 }))
  .map(([{ family, sent }, other, list]) => {
    const nodes = nodesOf(sent)
    for (const [change, which, at] of list) {
      const lists = listsOf(nodes)
      const one = lists[which % lists.length] as Node[]
      change(one, at % (one.length + 1), nodesOf(other.sent))
    }
    return { family, bytes: bytesOf(nodes) }
  })

/** One that nf_tables can hold, and the struct of the extension cannot. */
const LONG_PREFIX = 'x'.repeat(65)

test('captured expressions come back, and none is left unknown', () => {
  expect(captured).toHaveLength(823)
  for (const one of captured) {
    if (one.rule.includes(LONG_PREFIX)) continue
    expect(bytesOf(nodesOf(one.sent)).equals(one.sent)).toBe(true)
    const rule = comesBack(one.sent, one.family)
    expect([one.rule, rule?.expressions, rule?.matches?.some(({ match }) => match === 'unknown')]).toEqual([one.rule, undefined, rule?.matches && false])
  }
})

test('expressions changed in places are a rule that comes back, or a ProtocolError', () => {
  fc.assert(
    fc.property(mutant, ({ bytes, family }) => void comesBack(bytes, family)),
    runs(5_000),
  )
})

test('expressions of any structure are a rule that comes back, or a ProtocolError', () => {
  fc.assert(
    fc.property(restructured, ({ bytes, family }) => void comesBack(bytes, family)),
    runs(5_000),
  )
})

test('any bytes are a rule that comes back, or a ProtocolError', () => {
  const any = fc.record({ family: fc.constantFrom<Family>('ip', 'ip6'), bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) })
  fc.assert(
    fc.property(any, ({ bytes, family }) => void comesBack(bytes, family)),
    runs(2_000),
  )
})

test('what stands around the expressions of a rule does not matter', () => {
  const around = fc.tuple(fc.nat(8), fc.constantFrom(0, 1, 0xff), fc.nat(8))
  fc.assert(
    fc.property(fc.oneof(mutant, restructured), around, ({ family, bytes }, [before, fill, behind]) => {
      const whole = Buffer.concat([Buffer.alloc(4 * before, fill), bytes, Buffer.alloc(4 * behind, fill)])
      expect(read(whole, family, 4 * before, 4 * before + bytes.length)).toEqual(read(bytes, family))
    }),
    runs(3_000),
  )
})

/** Places of the bytes in attributes. */
const placesOf = ({ at, inside }: Node): number[] => (Buffer.isBuffer(inside) ? Array.from(inside, (_, i) => at + i) : inside.flatMap(placesOf))

/** Places of the bytes that say something: not those which the kernel keeps for itself in the struct of an extension. */
function meaningful({ sent, family }: Expressions): number[] {
  return nodesOf(sent).flatMap((element) => {
    const [name, data] = (element.inside as Node[]).map(({ inside }) => inside) as [Buffer, Node[]]
    const type = text(name)
    // The kernel sees to it that the length of a mask is that of what is masked.
    if (type === 'bitwise') return data.filter((one) => (one.type & TYPE_MASK) !== EXPRESSIONS.bitwise.rows.length.type).flatMap(placesOf)
    if (type !== 'match' && type !== 'target') return placesOf(element)
    const [extension, revision, info] = data as [Node, Node, Node]
    const faces = kernelExtensions(type, text(extension.inside as Buffer), family).map((one) => face(one, (revision.inside as Buffer).readUInt32BE()))
    const visible = Math.min(...faces.map((one) => (one && one.size === (info.inside as Buffer).length ? one.visible : 0)))
    // The same options may stand in another revision, too.
    return placesOf(element).filter((at) => at < info.at + visible && at !== revision.at + 3)
  })
}

const text = (bytes: Buffer) => bytes.toString('latin1', 0, bytes.length - 1)

test('a bit that is turned over is another rule, or none of iptables, or a ProtocolError', () => {
  // `-i +` asks for nothing, in whichever register.
  const all = captured.filter(({ rule }) => !rule.includes('-i + ')).map((one) => ({ ...one, places: meaningful(one) }))
  fc.assert(
    fc.property(fc.constantFrom(...all), place, fc.nat(7), ({ family, sent, places }, which, bit) => {
      const changed = Buffer.from(sent)
      const at = places[which % places.length] as number
      changed[at] = (changed[at] as number) ^ (1 << bit)
      expect(read(changed, family)).not.toEqual(read(sent, family))
    }),
    runs(10_000),
  )
})

test('a list as long as an attribute can be is read in a moment', () => {
  const element = (name: string, data: Buffer) => attribute(1, attribute(1, Buffer.from(`${name}\0`)), attribute(2, data))
  for (const name of ['meta', 'counter', 'match', 'ct', '']) {
    for (const data of [Buffer.alloc(0), attribute(3, Buffer.alloc(8, 0xff)), Buffer.alloc(60_000, 0x04)]) {
      const one = element(name, data)
      const bytes = Buffer.concat(Array.from({ length: Math.floor(0xfff0 / one.length) }, () => one))
      const began = performance.now()
      read(bytes, 'ip')
      expect(performance.now() - began).toBeLessThan(500)
    }
  }
})
