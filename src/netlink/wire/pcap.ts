import { InputError, ProtocolError } from './error.js'
import { shown } from './shown.js'

/** One packet of a pcap file: when (milliseconds since 1970), and its bytes with the link layer's header. */
export interface Packet {
  readonly time: number
  readonly bytes: Uint8Array
}

// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html
const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d
const FILE_HEADER = 24
const PACKET_HEADER = 16
const SNAPLEN = 0x40000

/** The first time that a pcap file has no seconds for, in milliseconds: 2106. */
const TIME_END = 2 ** 32 * 1000

/** A pcap file of packets of one link type. Throws an InputError for a time before 1970 or after 2106. */
export function encodePcap(linktype: number, packets: readonly Packet[]): Buffer {
  const head = Buffer.alloc(FILE_HEADER)
  head.writeUInt32LE(MICROSECONDS, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(SNAPLEN, 16)
  head.writeUInt32LE(linktype, 20)
  const parts: Uint8Array[] = [head]
  for (const [index, { time, bytes }] of packets.entries()) {
    if (!(time >= 0 && time < TIME_END)) throw new InputError(`${shown(time)} is no time that a pcap file can hold`, { path: `frames[${index}].time` })
    const header = Buffer.alloc(PACKET_HEADER)
    header.writeUInt32LE(Math.floor(time / 1000), 0)
    header.writeUInt32LE(Math.floor((time % 1000) * 1000), 4)
    header.writeUInt32LE(bytes.length, 8)
    header.writeUInt32LE(bytes.length, 12)
    parts.push(header, bytes)
  }
  return Buffer.concat(parts)
}

/** The packets of a pcap file, in either byte order. Anything else is a ProtocolError. */
export function decodePcap(file: Uint8Array): { linktype: number; packets: Packet[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.length < FILE_HEADER) throw new ProtocolError('not a pcap file: too short for its header')
  const little = [MICROSECONDS, NANOSECONDS].includes(view.getUint32(0, true))
  const magic = view.getUint32(0, little)
  if (magic !== MICROSECONDS && magic !== NANOSECONDS) {
    throw new ProtocolError('not a pcap file; pcapng has to be converted first', { offset: 0 })
  }
  const perMillisecond = magic === NANOSECONDS ? 1e6 : 1e3
  const packets: Packet[] = []
  for (let at = FILE_HEADER; at < file.length; ) {
    if (file.length - at < PACKET_HEADER) throw new ProtocolError('a packet header cut short', { offset: at })
    const fraction = view.getUint32(at + 4, little) / perMillisecond
    if (fraction >= 1000) throw new ProtocolError('a packet whose time is a whole second off, or more', { offset: at + 4 })
    const time = view.getUint32(at, little) * 1000 + fraction
    const size = view.getUint32(at + 8, little)
    const start = at + PACKET_HEADER
    if (size > file.length - start) throw new ProtocolError(`a packet of ${size} bytes cut short`, { offset: at })
    packets.push({ time, bytes: file.slice(start, start + size) })
    at = start + size
  }
  return { linktype: view.getUint32(20, little) & 0x0fff_ffff, packets }
}
