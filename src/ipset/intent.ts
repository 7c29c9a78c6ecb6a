import { type Message, messages, NLM_F, readNfGenMsg, SUBSYSTEM } from '../netlink/index.js'
import { enter, leave, TYPE_MASK } from '../netlink/wire/attributes.js'
import { Reader } from '../netlink/wire/cursor.js'
import { ProtocolError } from '../netlink/wire/error.js'
import { cstring } from '../netlink/wire/text.js'
import { Create, Entry, NAME_SIZE, SetCommand } from './attributes.js'
import { COMMAND } from './command.js'

/** How the names of temporary sets begin, with which all entries of a set are replaced at once. */
export const TEMPORARY_SETS = 'nfkit~'

/** What one message would have the kernel do. */
export interface Intent {
  readonly command: keyof typeof COMMAND
  /** Whether it changes anything. */
  readonly access: 'read' | 'write'
  /** The sets it names: the one it is about first, then a second one, and members of a list of sets. */
  readonly sets: readonly string[]
  /** It names none, and so is about all sets there are. */
  readonly every: boolean
  /** How many entries it adds, deletes or tests. */
  readonly entries: number
  /** It makes a set, or adds an entry, only if that is not there yet. */
  readonly exclusive: boolean
  /** What ends the answer to it: its acknowledgement, or the end of a list; the one message with what was asked for. */
  readonly end: 'acknowledgement' | 'data'
}

/** Which names a command takes: of a set, of none unless it is about all, of a second one; and whether data answers it. */
const NAMES: Readonly<Record<keyof typeof COMMAND, { readonly set: 'must' | 'may' | 'not'; readonly second?: true; readonly read?: true; readonly data?: 'entry' | 'create'; readonly tells?: true }>> = {
  protocol: { set: 'not', read: true, tells: true },
  create: { set: 'must', data: 'create' },
  destroy: { set: 'may' },
  flush: { set: 'may' },
  rename: { set: 'must', second: true },
  swap: { set: 'must', second: true },
  list: { set: 'may', read: true },
  save: { set: 'may', read: true },
  add: { set: 'must', data: 'entry' },
  delete: { set: 'must', data: 'entry' },
  test: { set: 'must', data: 'entry', read: true },
  header: { set: 'must', read: true, tells: true },
  type: { set: 'not', read: true, tells: true },
  getByName: { set: 'must', read: true, tells: true },
  getByIndex: { set: 'not', read: true, tells: true },
}

const BY_NUMBER = new Map(Object.entries(COMMAND).map(([name, { number }]) => [number, name as keyof typeof COMMAND]))

const { name: SET, typename: SECOND, data: DATA, adt: ADT } = SetCommand.rows
const { name: MEMBER, nameref: BESIDE } = Entry.rows
const Name = cstring(NAME_SIZE)

/**
 * What a message means, told from its bytes alone: for those who decide whether the kernel shall get it. Throws a ProtocolError
 * for whatever is not plainly one command of ipset, be it that the kernel would make something of it: other subsystems, unknown
 * commands and attributes, an attribute twice, lengths that do not fit, names with something behind their end; and for what asks
 * for no answer, so that its end could not be told.
 */
export function intentOf(message: Message): Intent {
  const { type, flags } = message
  const command = type >> 8 === SUBSYSTEM.ipset ? BY_NUMBER.get(type & 0xff) : undefined
  if (command === undefined) throw new ProtocolError(`message type ${type} is no command of ipset`)
  if ((flags & NLM_F.request) === 0) throw new ProtocolError('a message that is no request')
  readNfGenMsg(message)
  const { set, second, read = false, data, tells = false } = NAMES[command]
  const acknowledged = (flags & NLM_F.ack) !== 0
  if (!acknowledged && !tells) throw new ProtocolError(`${command} that asks for no acknowledgement`)
  const found = attributesOf(message.body, data)
  const { name, other } = found
  if (name === undefined && set === 'must') throw new ProtocolError(`${command} without the name of a set`)
  if (name !== undefined && set === 'not') throw new ProtocolError(`${command} is about no set`)
  if (second && other === undefined) throw new ProtocolError(`${command} without a second name`)
  return {
    command,
    access: read ? 'read' : 'write',
    sets: [...(name === undefined ? [] : [name]), ...(second && other !== undefined ? [other] : []), ...found.members],
    every: set === 'may' && name === undefined,
    entries: found.entries,
    exclusive: (flags & NLM_F.exclusive) !== 0,
    end: acknowledged ? 'acknowledgement' : 'data',
  }
}

/** What was asked by each message of a datagram. Throws a ProtocolError where its lengths do not fit, or it holds no message. */
export function intentsOf(datagram: Uint8Array): { readonly message: Message; readonly intent: Intent | ProtocolError }[] {
  const all = [...messages(datagram)]
  const size = all.at(-1)?.body.end ?? 0
  // What stands behind the last message is for nobody: the kernel takes no note of it, and so nobody should send it.
  if (all.length === 0 || datagram.length - size > 3) throw new ProtocolError(`a datagram of ${datagram.length} bytes, ${size} of them in messages`)
  return all.map((message) => ({ message, intent: attempt(message) }))
}

/**
 * The name of the set that an answer of the kernel is about; undefined where it names none. Throws a ProtocolError for
 * attributes that make no sense.
 */
export function setOfAnswer(message: Message): string | undefined {
  if (message.type >> 8 !== SUBSYSTEM.ipset || message.body.left < 4) return undefined
  const reader = new Reader(message.body.bytes, message.body.at + 4, message.body.end)
  const { end } = reader
  while (reader.at < end) {
    const at = reader.at
    const type = enter(reader, end, 'answer') & TYPE_MASK
    if (type === SET.type) return Name.read(reader)
    leave(reader, at, end)
  }
  return undefined
}

function attempt(message: Message): Intent | ProtocolError {
  try {
    return intentOf(message)
  } catch (error) {
    if (ProtocolError.is(error)) return error
    throw error
  }
}

interface Found {
  name: string | undefined
  other: string | undefined
  readonly members: string[]
  entries: number
}

function attributesOf(reader: Reader, data: 'entry' | 'create' | undefined): Found {
  const found: Found = { name: undefined, other: undefined, members: [], entries: 0 }
  each(reader, 'IPSET_ATTR', SetCommand.byType, (type) => {
    if (type === SET.type) found.name = nameAt(reader)
    else if (type === SECOND.type) found.other = nameAt(reader)
    else if (type === DATA.type) dataAt(reader, data, found)
    else if (type === ADT.type) listAt(reader, data, found)
  })
  return found
}

function dataAt(reader: Reader, data: 'entry' | 'create' | undefined, found: Found): void {
  if (data === undefined) throw new ProtocolError('data in a command that has none', { offset: reader.at })
  if (data === 'create') return each(reader, 'IPSET_ATTR_CREATE', Create.byType, () => {})
  found.entries++
  each(reader, 'IPSET_ATTR_ADT', Entry.byType, (type) => {
    if (type === MEMBER.type || type === BESIDE.type) found.members.push(nameAt(reader))
  })
}

function listAt(reader: Reader, data: 'entry' | 'create' | undefined, found: Found): void {
  if (data !== 'entry') throw new ProtocolError('entries in a command that has none', { offset: reader.at })
  const { end } = reader
  while (reader.at < end) {
    const at = reader.at
    const type = enter(reader, end, 'IPSET_ATTR_ADT') & TYPE_MASK
    if (type !== DATA.type) throw new ProtocolError(`attribute ${type} where an entry should be`, { offset: at })
    dataAt(reader, data, found)
    leave(reader, at, end)
  }
}

/** Goes through attributes; each may be there once, and must be known. */
function each(reader: Reader, set: string, known: readonly unknown[], take: (type: number) => void): void {
  const { end } = reader
  let seen = 0
  while (reader.at < end) {
    const at = reader.at
    const type = enter(reader, end, set) & TYPE_MASK
    if (known[type] === undefined) throw new ProtocolError(`${set}: attribute ${type} is not known`, { offset: at })
    if ((seen & (1 << type)) !== 0) throw new ProtocolError(`${set}: attribute ${type} stands twice`, { offset: at })
    seen |= 1 << type
    take(type)
    leave(reader, at, end)
  }
}

/** A name: text and its end, and nothing behind that. */
function nameAt(reader: Reader): string {
  const { at, left, end } = reader
  if (left < 2 || reader.bytes.indexOf(0, at) !== end - 1) throw new ProtocolError('a name of a set that is empty, or does not end where its attribute ends', { offset: at })
  return Name.read(reader)
}
