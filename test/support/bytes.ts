import { endianness } from 'node:os'

// Netlink bytes made by hand, without the library under test: what a test expects, or what a fake kernel says.

const little = endianness() === 'LE'

/** Bytes written as hexadecimal, with blanks wherever they help the reader. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex')
}

export function host16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  if (little) bytes.writeUInt16LE(value)
  else bytes.writeUInt16BE(value)
  return bytes
}

export function host32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  if (little) bytes.writeUInt32LE(value >>> 0)
  else bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** Reads what `host32` writes. */
export function readHost32(bytes: Buffer, at: number): number {
  return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
}

export function readHost16(bytes: Buffer, at: number): number {
  return little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

/** An attribute: nla_len, nla_type, payload, padding. */
export function attribute(type: number, ...payload: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(payload)
  return padded(Buffer.concat([host16(4 + body.length), host16(type), body]))
}

export interface HeaderFields {
  readonly type: number
  readonly flags?: number
  readonly sequence?: number
  readonly port?: number
  /** nlmsg_len, where it is to be a lie. */
  readonly length?: number
}

/** A message: nlmsg_len, nlmsg_type, nlmsg_flags, nlmsg_seq, nlmsg_pid, body, padding. */
export function nlmsg(
  { type, flags = 0, sequence = 0, port = 0, length }: HeaderFields,
  ...body: readonly Uint8Array[]
): Buffer {
  const rest = Buffer.concat(body)
  const head = [host32(length ?? 16 + rest.length), host16(type), host16(flags), host32(sequence), host32(port)]
  return padded(Buffer.concat([...head, rest]))
}

export const text = (value: string): Buffer => Buffer.from(`${value}\0`, 'utf8')
export const byte = (value: number): Buffer => Buffer.from([value])

export function net16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export function net32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
