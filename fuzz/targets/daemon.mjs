// What a program may send to the daemon, and what its policy file may say.
import { rulesetCaptures, SETS } from '../corpus.mjs'
import { mutatedBytes } from '../mutate-bytes.mjs'
import { mutatedText } from '../mutate-text.mjs'
import { mutatedValue } from '../mutate-values.mjs'
import { demand, demandSame, readOr, settledOr } from '../oracle.mjs'

const VERSION = { chains: 'abc', rules: [['INPUT', 'def']] }
const PLAN = {
  chains: [
    { name: 'INPUT', from: 'INPUT', policy: 'DROP', counting: 'keep', wanted: true, slots: ['unread', 2] },
    { name: 'web', counting: 'new', slots: [1, [0, 2], { keep: 3, counting: '1:2' }, { counting: 'zero' }] },
    { name: 'mmm', from: 'aaa', counting: 'keep', slots: [[0, 1]] },
  ],
  deleted: ['empty'],
  released: [['INPUT', 0, 1]],
}
const REQUESTS = [
  { id: 1, method: 'read', family: 'ip', table: 'filter' },
  { id: 2, method: 'readAll', family: 'ip6' },
  { id: 3, method: 'count' },
  { id: 4, method: 'inUse' },
  { id: 5, method: 'open', family: 'ip', table: 'filter', needs: { chain: 'INPUT' }, wait: 5 },
  { id: 6, method: 'commit', test: false, wait: 1, tables: [{ family: 'ip', table: 'filter', version: VERSION, plan: PLAN }] },
  { id: 7, method: 'monitor', resync: true, receiveBuffer: 4096 },
  { id: 8, method: 'trace' },
]
const POLICIES = [
  { rules: [{ uid: 1000, sets: { 'ban-*': 'write', other: 'read' } }] },
  {
    rules: [
      {
        gid: 33,
        tables: { 'ip filter': { access: 'write', chains: ['app-*', 'INPUT'] }, '* nat': { access: 'read' }, '*': { access: 'read' } },
      },
      { uid: 'root', tables: { 'ip6 *': { access: 'write' } }, sets: { '*': 'read' } },
    ],
  },
  { rules: [] },
]
const FAILURES = [
  { name: 'InputError', message: 'a.b: is wrong', code: 'ERR_INPUT', details: { path: 'a.b', applied: 3 } },
  {
    name: 'KernelError',
    message: 'no',
    code: 'ERR_KERNEL',
    details: { errno: 2, errnoName: 'ENOENT', attributePath: ['a'], request: 'x' },
    cause: { name: 'Error', message: 'why' },
  },
  { name: 'ProtocolError', message: 'x (at byte 7)', code: 'ERR_PROTOCOL', details: { offset: 7 } },
  { name: 'DumpInterruptedError', message: 'x', code: 'ERR', details: { attempts: 3, partial: [1] } },
]
const RULE_LINES = [
  '{"protocol":"tcp","matches":[{"match":"tcp","dport":22}],"target":{"target":"ACCEPT"}}',
  '1:60{"source":"10.0.0.0/8"}',
  '!{"name":"ProtocolError","message":"x"}',
  '{"target":{"target":"unknown","info":{"$bytes":"AAEC"}},"n":{"$bigint":"5"}}',
]
const PEERS = [
  { pid: 1, uid: 0, gid: 0, groups: [] },
  { pid: 2, uid: 1000, gid: 1000, groups: [33] },
  { pid: 3, uid: 5, gid: 33, groups: [] },
]

/** Bytes of the longest frame that is taken. */
const LIMIT = 100_000

/** Frames as they are meant: four bytes of length, the high one first, and the frame; none is empty, or too long. */
function framesOf(bytes, limit) {
  const frames = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    if (size === 0 || size > limit) return { frames, refused: true }
    if (at + 4 + size > bytes.length) break
    frames.push(Buffer.from(bytes.subarray(at + 4, at + 4 + size)))
    at += 4 + size
  }
  return { frames, refused: false }
}

/** @param {import('../library.mjs').Load} load */
export async function targets(load) {
  const { NetfilterError, InputError, ProtocolError } = await load('netlink/wire/error.js')
  const { requestCheck } = await load('xtables/remote/schema.js')
  const { fromJson, messagePieces, readMessage, toJson } = await load('xtables/remote/message.js')
  const { readRuleLine } = await load('xtables/remote/rule-line.js')
  const { applyPlan } = await load('xtables/remote/apply.js')
  const { encodeEntry } = await load('xtables/index.js')
  const { newest } = await load('xtables/face.js')
  const { setNames } = await load('xtables/context.js')
  const { LegacyTable } = await load('xtables/legacy/table.js')
  const { readPolicy } = await load('iptc/daemon/policy.js')
  const { repeatedKey } = await load('iptc/daemon/policy-file.js')
  const { FrameReader, framePieces } = await load('netlink/remote/frame-reader.js')
  const { remakeFailure, tellFailure } = await load('netlink/remote/failure.js')
  const inputOr = readOr(InputError)
  const protocolOr = readOr(ProtocolError)
  const inputLater = settledOr(InputError)
  const check = await requestCheck()
  const [{ family, tables: captured }] = rulesetCaptures
  const { bytes: entries, ...info } = captured.filter
  const surroundings = { sets: setNames(SETS), revision: newest, timeouts: async () => [] }
  const tableNow = () => LegacyTable.of(family, { name: 'filter', ...info }, Buffer.from(entries, 'hex'), surroundings)

  return [
    {
      name: 'daemon requests',
      make: (random) => mutatedValue(random, REQUESTS),
      async check(value) {
        const request = inputOr(() => check(value))
        if (!request) return false
        demandSame(JSON.parse(JSON.stringify(request)), JSON.parse(JSON.stringify(value)), 'the request, and what was made of it')
        for (const { plan } of request.tables ?? []) {
          if (!plan) continue
          const table = await tableNow()
          // A plan may speak of more rules than there are lines behind it.
          let lines = 8
          const rule = () => {
            if (lines-- === 0) throw new ProtocolError('no more rules')
            return { target: { target: 'ACCEPT' } }
          }
          protocolOr(() => inputOr(() => applyPlan(table.draft, plan, rule, true)))
        }
        return true
      },
    },
    {
      name: 'daemon messages',
      make: (random) => ({
        head: mutatedText(
          random,
          REQUESTS.map((one) => JSON.stringify(one)),
        ),
        lines: random.list(0, 4, () => mutatedText(random, RULE_LINES)),
      }),
      check({ head, lines }) {
        const message = protocolOr(() => readMessage(Buffer.from([head, ...lines].join('\n'))))
        if (!message) return false
        // JSON.parse makes Infinity of numbers that are too large, which JSON has no word for.
        demandSame(toJson(fromJson(toJson(message.head))), toJson(message.head), 'the head, through JSON')
        protocolOr(() => readMessage(Buffer.concat(messagePieces(message.head))))
        while (message.lines.left) {
          try {
            const rule = readRuleLine(message.lines.next())
            inputOr(() => encodeEntry(rule, { family: 'ip', sets: SETS }))
          } catch (error) {
            // A line may carry the error of a rule that cannot be read: of any class, also that of another program.
            if (!NetfilterError.is(error) && error?.constructor !== Error) throw error
          }
        }
        return true
      },
    },
    {
      name: 'daemon frames',
      make: (random) => ({
        bytes: random.once(3)
          ? mutatedBytes(random, [Buffer.alloc(8)])
          : mutatedBytes(random, [
              Buffer.concat(random.list(1, 4, () => Buffer.concat(framePieces([random.bytes(random.within(1, 300))])))),
              Buffer.concat(framePieces([Buffer.alloc(70_000, 1)])),
            ]),
        cuts: random.list(0, 8, () => random.below(400)),
      }),
      check({ bytes, cuts }) {
        const read = (pieces) => {
          const reader = new FrameReader(LIMIT)
          const frames = []
          let refused
          for (const piece of pieces) {
            if (refused !== undefined) break
            reader.add(piece)
            try {
              for (let frame = reader.next(); frame; frame = reader.next()) frames.push(Buffer.from(frame))
            } catch (error) {
              if (!ProtocolError.is(error)) throw error
              refused = error.message
            }
            demand(reader.held <= bytes.length, 'more bytes than there are', reader.held)
          }
          return { frames, refused }
        }
        const whole = read([Buffer.from(bytes)])
        demandSame({ frames: whole.frames, refused: whole.refused !== undefined }, framesOf(bytes, LIMIT), 'the frames of bytes')
        const places = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
        const apart = read(places.slice(1).map((end, i) => Buffer.from(bytes.subarray(places[i], end))))
        demandSame(apart, whole, 'frames in pieces, and as a whole')
        return apart.frames.length > 0
      },
    },
    {
      name: 'daemon failures',
      make: (random) => mutatedValue(random, FAILURES),
      check(told) {
        const error = remakeFailure(told)
        demand(error instanceof Error && typeof error.message === 'string', 'no error was made', error)
        JSON.stringify(tellFailure(error))
        return NetfilterError.is(error)
      },
    },
    {
      name: 'daemon policies',
      make: (random) => mutatedValue(random, POLICIES),
      async check(document) {
        const policy = await inputLater(() => readPolicy(document, { passwd: '/nonexistent', group: '/nonexistent' }))
        if (!policy) return false
        for (const peer of PEERS) {
          for (const set of [undefined, 'ban-v4', 'other', 'nfkit~x']) {
            const may = ['read', 'write'].map((access) => policy.maySet(peer, access, set))
            demand(may[0] || !may[1], 'who may write a set may read it', set)
          }
          for (const chain of [undefined, 'INPUT', 'app-x']) {
            const may = ['read', 'write'].map((access) => policy.mayTable(peer, access, 'ip', 'filter', chain))
            demand(may[0] || !may[1], 'who may write a chain may read its table', chain)
          }
          demand(typeof policy.mayWatch(peer) === 'boolean', 'neither yes nor no')
        }
        return true
      },
    },
    {
      name: 'daemon policy files',
      make: (random) =>
        mutatedText(random, [
          ...POLICIES.map((one) => JSON.stringify(one)),
          '{"a":{"b":1,"b":2},"a\\u0062":[{"c":1},{"c":2}]}',
          '{"x":"\\"{[","x":1}',
        ]),
      check(text) {
        let document
        try {
          document = JSON.parse(text)
        } catch {
          return false
        }
        const twice = repeatedKey(text)
        // A text that JSON.stringify gives back to the letter but for blanks holds no key twice.
        if (twice !== undefined) demand(JSON.stringify(document) !== text, 'a key that does not stand twice', twice)
        return true
      },
    },
  ]
}
