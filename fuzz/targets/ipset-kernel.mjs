// Sets, with a kernel that is made up: saved sets that are carried out, what a kernel may answer, what others may ask of it.
import { ipsetCommands, ipsetReceived, ipsetSent } from '../corpus.mjs'
import { answering } from '../kernel.mjs'
import { mutatedBytes } from '../mutate-bytes.mjs'
import { mutatedText } from '../mutate-text.mjs'
import { demand, demandSame, readOr, settledOr } from '../oracle.mjs'

/** Texts of ipset save, and of those who write such texts by hand. */
export const SAVED = [
  ...ipsetCommands,
  'create a hash:ip\nadd a 10.0.0.1\nadd a 10.0.0.2 timeout 5\nadd a 10.0.0.0/30\ndel a 10.0.0.1\n',
  'create b hash:net comment\nadd b 10.0.0.0/8 comment "two words"\ntest b 10.0.0.1\nflush b\nCOMMIT\n',
  'create c list:set size 8\nadd c a\nadd c b before a\nrename a d\nswap d b\ndestroy d\nquit\nadd c e\n',
  '# a comment\n-N x iphash -4\n-A x 1.2.3.4\n-exist add x 1.2.3.4\n',
]

/** Calls whose answers are made up. */
const CALLS = [
  async (ipset) => {
    let count = 0
    for await (const { header, entries } of ipset.list()) {
      demand(typeof header.name === 'string', 'a set without a name', header)
      for (const { entry } of entries) demand(typeof entry === 'string', 'an entry that is no text', entry)
      count++
    }
    return count
  },
  async (ipset) => {
    let text = ''
    for await (const piece of ipset.save()) text += piece
    // Each line is one command: whatever a name or a comment holds, it must not begin another.
    for (const line of text.split('\n')) demand(/^(create |add |$)/.test(line), 'a line of a saved set that is no create or add', line)
    return text
  },
  (ipset) => ipset.names(),
  (ipset) => ipset.headers('s'),
  (ipset) => ipset.create('s').then(() => true),
  (ipset) => ipset.test('s', '10.0.0.1'),
  (ipset) => ipset.addAll('s', ['10.0.0.1', '10.0.0.2']),
  (ipset) => ipset.testAll('s', ['10.0.0.1', '10.0.0.2']),
  (ipset) => ipset.getSetByName('s').then(() => true),
  (ipset) => ipset.swap('s', 't').then(() => true),
]

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { NetfilterError, ProtocolError } = await load('netlink/wire/error.js')
  const { messages } = await load('netlink/message.js')
  const { Reader } = await load('netlink/wire/cursor.js')
  const { EntryCommand, SetCommand } = await load('ipset/attributes.js')
  const { intentsOf } = await load('ipset/intent.js')
  const { IPSet } = await load('ipset/ipset.js')
  const protocolOr = readOr(ProtocolError)
  const anyOr = settledOr(NetfilterError)

  return [
    {
      name: 'ipset saved sets',
      make: (random) => mutatedText(random, SAVED),
      async check(text) {
        const sent = []
        const ipset = new IPSet({ transport: await answering(load, (datagram) => sent.push(datagram)), timeout: 500 })
        try {
          const lines = await anyOr(() => ipset.restore(text))
          // Nothing of a text is sent but commands of ipset that are plainly one each.
          for (const { intent } of sent.flatMap((datagram) => intentsOf(datagram))) if (ProtocolError.is(intent)) throw intent
          return lines !== undefined
        } finally {
          ipset.close()
        }
      },
    },
    {
      name: 'ipset requests',
      make: (random) => mutatedBytes(random, ipsetSent),
      check(bytes) {
        const all = protocolOr(() => intentsOf(bytes))
        if (!all) return false
        let taken = false
        const bodies = [...messages(bytes)].map(({ body }) => body)
        all.forEach(({ intent }, i) => {
          if (ProtocolError.is(intent)) return
          taken = true
          // Who decides by these names has to see what the kernel will.
          const { at, end } = bodies[i]
          const codec = ['add', 'delete', 'test'].includes(intent.command) ? EntryCommand : SetCommand
          const read = protocolOr(() => codec.read(new Reader(bytes, at + 4, end)))
          if (read?.name !== undefined) demandSame(intent.sets[0], read.name, 'the name of the set')
        })
        return taken
      },
    },
    {
      name: 'ipset answers',
      make: (random) => ({ call: random.below(CALLS.length), answers: random.list(0, 3, () => mutatedBytes(random, ipsetReceived)) }),
      async check({ call, answers }) {
        const transport = await answering(load, () => {}, answers)
        const ipset = new IPSet({ transport, timeout: 300 })
        try {
          return (await anyOr(() => CALLS[call](ipset))) !== undefined
        } finally {
          ipset.close()
        }
      },
    },
  ]
}
