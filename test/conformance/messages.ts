// Reads netlink messages of ipset without the code under test, and brings them into a form in which two senders can be
// compared: see `steps`. All captures are little-endian, as the machine that made them.

const HEADER = 16 // struct nlmsghdr
const BODY = HEADER + 4 // struct nfgenmsg
const NESTED = 0x8000
const LINENO = 0x4009 // IPSET_ATTR_LINENO, network byte order
const DATA = 7 | NESTED // IPSET_ATTR_DATA
const ADT = 8 | NESTED // IPSET_ATTR_ADT

/** include/uapi/linux/netfilter/ipset/ip_set.h: enum ipset_cmd, from 1. */
export const COMMANDS = [
  'PROTOCOL',
  'CREATE',
  'DESTROY',
  'FLUSH',
  'RENAME',
  'SWAP',
  'LIST',
  'SAVE',
  'ADD',
  'DEL',
  'TEST',
  'HEADER',
  'TYPE',
]
/** They change nothing: a sender may ask again, or know the answer already. */
const QUERIES = ['PROTOCOL', 'HEADER', 'TYPE']

export interface Attribute {
  /** With its flag bits. */
  readonly type: number
  readonly value: Buffer | readonly Attribute[]
}

/** What one message, or several batches in a row, ask the kernel for. */
export interface Step {
  readonly command: string
  /** The message in hexadecimal; of a batch without its entries and their number. */
  readonly message: string
  /** The entries of a batch, without their LINENO. */
  readonly entries: string[]
  /** The LINENO of each entry of a batch. */
  readonly linenos: number[]
}

export function commandOf(message: Buffer): string {
  return COMMANDS[(message.readUInt16LE(4) & 0xff) - 1] ?? `command ${message[4]}`
}

export function isQuery(message: Buffer): boolean {
  return QUERIES.includes(commandOf(message))
}

/** The messages in datagrams. */
export function messagesIn(datagrams: readonly Buffer[]): Buffer[] {
  const found: Buffer[] = []
  for (const datagram of datagrams) {
    for (let at = 0; at < datagram.length; ) {
      const length = datagram.readUInt32LE(at)
      found.push(datagram.subarray(at, at + length))
      at += (length + 3) & -4
    }
  }
  return found
}

/** The attributes between two places; throws where a length does not fit. */
export function readAttributes(bytes: Buffer, from = BODY, to = bytes.length): Attribute[] {
  const found: Attribute[] = []
  let at = from
  while (at < to) {
    const size = bytes.readUInt16LE(at)
    const type = bytes.readUInt16LE(at + 2)
    if (size < 4 || at + size > to) throw new Error(`an attribute of ${size} bytes at ${at}, ${to - at} are left`)
    const value =
      type & NESTED ? readAttributes(bytes, at + 4, at + size) : Buffer.from(bytes.subarray(at + 4, at + size))
    found.push({ type, value })
    at += (size + 3) & -4
  }
  if (at !== to) throw new Error(`the padding of the last attribute is missing, at ${to}`)
  return found
}

/** Attributes as bytes, padded with zeros. */
export function writeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.map(({ type, value }) => {
      const payload = Buffer.isBuffer(value) ? value : writeAttributes(value)
      const bytes = Buffer.alloc((payload.length + 7) & -4)
      bytes.writeUInt16LE(payload.length + 4, 0)
      bytes.writeUInt16LE(type, 2)
      payload.copy(bytes, 4)
      return bytes
    }),
  )
}

/** A message with other attributes, and without what belongs to one run: nlmsg_seq and nlmsg_pid. */
function rewrite(message: Buffer, attributes: readonly Attribute[]): Buffer {
  const bytes = Buffer.concat([message.subarray(0, BODY), writeAttributes(attributes)])
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.fill(0, 8, HEADER)
  return bytes
}

/** The message in hexadecimal with nlmsg_seq, nlmsg_pid and the padding zero. */
export function plainForm(message: Buffer): string {
  if (message.readUInt32LE(0) !== message.length)
    throw new Error(`nlmsg_len ${message.readUInt32LE(0)} of ${message.length} bytes`)
  return rewrite(message, readAttributes(message)).toString('hex')
}

/**
 * What is sent, step by step, without the queries. The differences it takes away, and no others:
 * - nlmsg_seq and nlmsg_pid;
 * - of the tool: the bytes of padding, which it leaves as they were in the buffer; ours have to be zero;
 * - of the tool: the LINENO of value 0 that ends the entry of a single add or del; ours must have none;
 * - batches in a row with the same head are one, their LINENO is kept apart.
 */
export function steps(datagrams: readonly Buffer[], sender: 'tool' | 'ours'): Step[] {
  const found: Step[] = []
  for (const message of messagesIn(datagrams)) {
    const plain = plainForm(message)
    if (sender === 'ours') demandZeroPadding(message, plain)
    if (isQuery(message)) continue
    const step = stepOf(message, sender)
    const last = found.at(-1)
    if (step.entries.length > 0 && last?.message === step.message && last.entries.length > 0) {
      last.entries.push(...step.entries)
      last.linenos.push(...step.linenos)
    } else found.push(step)
  }
  return found
}

const FAMILY = 5 // IPSET_ATTR_FAMILY

/** The family a message names: AF_*; undefined where it names none. */
export function familyOf(message: Buffer): number | undefined {
  const attribute = readAttributes(message).find(({ type }) => type === FAMILY)
  return attribute && (attribute.value as Buffer)[0]
}

/**
 * By what a query is known. The tool asks for the revisions of a type before it has read which family the set shall be
 * of, so always for IPv4, where the type has a family; we ask for the set's own.
 */
export function queryKey(message: Buffer): string {
  if (commandOf(message) !== 'TYPE') return plainForm(message)
  const any = readAttributes(message).map((one) =>
    one.type === FAMILY && familyOf(message) !== 0 ? { ...one, value: Buffer.from([255]) } : one,
  )
  return rewrite(message, any).toString('hex')
}

function demandZeroPadding(message: Buffer, plain: string): void {
  const bytes = Buffer.from(message)
  bytes.fill(0, 8, HEADER)
  if (bytes.toString('hex') !== plain) throw new Error(`padding that is not zero: ${message.toString('hex')}`)
}

function stepOf(message: Buffer, sender: 'tool' | 'ours'): Step {
  const command = commandOf(message)
  const attributes = readAttributes(message)
  const batch = attributes.find(({ type }) => type === ADT)
  if (batch) {
    const [lineno, adt, ...rest] = attributes.slice(-2)
    if (lineno?.type !== LINENO || adt !== batch || rest.length > 0)
      throw new Error(`a batch ends in LINENO and ADT: ${message.toString('hex')}`)
    const entries = (batch.value as readonly Attribute[]).map(batchEntry)
    const first = entries[0]?.lineno
    const top = (lineno.value as Buffer).readUInt32BE()
    // The kernel asks for one and overwrites it with that of the entry that failed: the tool sends the first, we send 0.
    if (top !== (sender === 'tool' ? first : 0)) throw new Error(`LINENO ${top} of a batch that begins with ${first}`)
    return {
      command,
      message: rewrite(message, attributes.slice(0, -2)).toString('hex'),
      entries: entries.map(({ hex }) => hex),
      linenos: entries.map(({ lineno: one }) => one),
    }
  }
  const single = sender === 'tool' && (command === 'ADD' || command === 'DEL')
  const kept = single ? attributes.map(withoutLineno) : attributes
  return { command, message: rewrite(message, kept).toString('hex'), entries: [], linenos: [] }
}

function batchEntry({ type, value }: Attribute): { hex: string; lineno: number } {
  if (type !== DATA || Buffer.isBuffer(value)) throw new Error(`attribute ${type} among the entries of a batch`)
  const lineno = value.at(-1)
  if (lineno?.type !== LINENO || (lineno.value as Buffer).length !== 4)
    throw new Error('an entry of a batch without LINENO at its end')
  return { hex: writeAttributes(value.slice(0, -1)).toString('hex'), lineno: (lineno.value as Buffer).readUInt32BE() }
}

function withoutLineno(attribute: Attribute): Attribute {
  const { type, value } = attribute
  if (type !== DATA || Buffer.isBuffer(value)) return attribute
  const lineno = value.at(-1)
  if (lineno?.type !== LINENO || !(lineno.value as Buffer).equals(Buffer.alloc(4)))
    throw new Error('the tool ends a single entry in LINENO 0')
  return { type, value: value.slice(0, -1) }
}
