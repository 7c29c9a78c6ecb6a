// What nf_tables says: expressions of rules, lists of them, announcements of commits, traces.
import { FAMILIES, ruleExpressions, rulesetCaptures, SETS } from '../corpus.mjs'
import { mutatedBytes } from '../mutate-bytes.mjs'
import { demand, demandSame, readOr } from '../oracle.mjs'
import { answering } from '../kernel.mjs'

const AF = { ip: 2, ip6: 10 }

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { InputError, NetfilterError, ProtocolError } = await load('netlink/wire/error.js')
  const { Reader, Writer } = await load('netlink/wire/cursor.js')
  const { encode } = await load('netlink/wire/codec.js')
  const { messages } = await load('netlink/message.js')
  const { formatRule } = await load('xtables/index.js')
  const { setNames } = await load('xtables/context.js')
  const { RuleReader } = await load('xtables/nft/decode.js')
  const { RuleWriter } = await load('xtables/nft/encode.js')
  const { Connection } = await load('netlink/connection.js')
  const { Stale } = await load('xtables/backend.js')
  const { Link } = await load('xtables/nft/link.js')
  const { expressionsOf, RuleList } = await load('xtables/nft/rules.js')
  const { ruleComment } = await load('xtables/nft/userdata.js')
  const { ChainAttributes, Generation, RuleAttributes, TableAttributes, TraceAttributes } = await load('xtables/nft/messages.js')
  const { Announcements } = await load('xtables/nft/watch/announcement.js')
  const { Changes } = await load('xtables/nft/watch/changes.js')
  const { Known } = await load('xtables/nft/watch/known.js')
  const { expressionList } = await load('xtables/nft/expression/expression.js')
  const inputOr = readOr(InputError)
  const protocolOr = readOr(ProtocolError)
  const sets = setNames(SETS)
  const readers = Object.fromEntries(FAMILIES.map((family) => [family, new RuleReader(family, sets)]))
  const writers = Object.fromEntries(FAMILIES.map((family) => [family, new RuleWriter({ family, sets })]))
  const expressions = Object.fromEntries(
    FAMILIES.map((family) => [family, ruleExpressions.filter((one) => one.family === family).map(({ bytes }) => bytes)]),
  )
  const write = (rule, family) =>
    inputOr(() => {
      const writer = new Writer(256)
      writers[family].write(writer, rule, rule.counters)
      return writer.written()
    })

  /** Announcements as the kernel makes them of a batch: its messages, and then who has sent them. */
  const batches = rulesetCaptures
    .flatMap(({ nft }) => nft.sent)
    .map((text) => {
      const batch = Buffer.from(text, 'hex')
      const kept = [...messages(batch)]
        .filter(({ type }) => type >= 0x0a00 && type < 0x0b00)
        .map(({ body }) => Buffer.from(batch.subarray(body.at - 16, (body.end + 3) & -4)))
      for (const one of kept) one.writeUInt16BE(7, 18)
      const told = encode(Generation, { id: 7, pid: 1, program: 'nft' })
      const end = Buffer.concat([Buffer.alloc(20), told])
      end.writeUInt32LE(end.length, 0)
      end.writeUInt16LE(0x0a0f, 4)
      end.writeUInt16BE(7, 18)
      return Buffer.concat([...kept, end])
    })
  const bodies = batches.flatMap((batch) => [...messages(batch)].map(({ body }) => Buffer.from(body.bytes.subarray(body.at + 4, body.end))))
  const codecs = [TableAttributes, ChainAttributes, RuleAttributes, TraceAttributes, Generation, expressionList]

  return [
    {
      name: 'nf_tables expressions',
      make: (random) => {
        const family = random.pick(FAMILIES)
        return { family, bytes: mutatedBytes(random, expressions[family]) }
      },
      check({ family, bytes }) {
        const before = Buffer.from(bytes)
        const rule = protocolOr(() => readers[family].read(bytes))
        demand(before.equals(bytes), 'reading has changed the bytes')
        if (!rule) return false
        if (rule.expressions !== undefined) {
          demandSame(rule.expressions, before.toString('hex'), 'what no rule says is kept')
          return false
        }
        const written = write(rule, family)
        if (!written) return true
        const again = readers[family].read(written)
        const text = inputOr(() => formatRule(rule, { family, counters: true }))
        if (text === undefined) return true
        demand(!/[\n\r\0]/.test(text), 'a rule that would not stay on its line', text)
        demandSame(formatRule(again, { family, counters: true }), text, 'the rule of expressions, and of those that are written of it')
        return true
      },
    },
    {
      name: 'nf_tables messages',
      make: (random) => mutatedBytes(random, bodies),
      check(bytes) {
        let taken = false
        for (const codec of codecs) {
          const value = protocolOr(() => codec.read(new Reader(bytes)))
          if (value === undefined) continue
          taken = true
          demandSame(
            codec.read(new Reader(encode(codec, value))),
            value,
            `${codec.name}: what was read, and what was read of what was written of it`,
          )
        }
        const list = new RuleList()
        const rule = protocolOr(() => list.add(new Reader(bytes)))
        const told = protocolOr(() => RuleAttributes.read(new Reader(bytes)))
        // The quick way and the table of attributes read the same, where both read.
        if (rule && told?.expressions && told.unknown === undefined) {
          demandSame(Buffer.from(expressionsOf(rule)), Buffer.from(told.expressions), 'the expressions of a listed rule, read both ways')
        }
        if (rule?.userdata) ruleComment(rule.userdata)
        return taken
      },
    },
    {
      name: 'nf_tables answers',
      make: (random) => ({
        call: random.pick(['generation', 'tables', 'chains', 'rules', 'hasRevision']),
        family: random.pick(FAMILIES),
        answers: random.list(0, 3, () => mutatedBytes(random, batches)),
      }),
      async check({ call, family, answers }) {
        const link = new Link(new Connection(await answering(load, () => {}, answers), { timeout: 300 }))
        const ways = {
          generation: () => link.generation(),
          tables: () => link.tables(family, 7),
          chains: () => link.chains(family, 7),
          rules: () => link.rules(family, 7, 'filter'),
          hasRevision: () => link.hasRevision(family, 'match', 'tcp', 0),
        }
        try {
          await ways[call]()
          return true
        } catch (error) {
          // Whoever asked reads again when the tables have changed under it.
          if (!NetfilterError.is(error) && !(error instanceof Stale)) throw error
          return false
        } finally {
          link.connection.close()
        }
      },
    },
    {
      name: 'nf_tables events',
      make: (random) => random.list(1, 3, () => mutatedBytes(random, batches)),
      check(datagrams) {
        const announcements = new Announcements([AF.ip, AF.ip6])
        const changes = new Changes(new Known(), readers)
        let taken = false
        for (const datagram of datagrams) {
          protocolOr(() => {
            for (const commit of announcements.take(Uint8Array.from(datagram))) {
              for (const event of changes.of(commit)) {
                demand(typeof event.type === 'string' && typeof event.table === 'string', 'an event without a type or a table', event)
                taken = true
              }
            }
          })
        }
        return taken
      },
    },
  ]
}
