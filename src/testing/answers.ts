import { beginMessage, finishMessage, type Header, Header as HeaderCodec, NLM_F, NLMSG } from '../netlink/index.js'
import { encode } from '../netlink/wire/codec.js'
import { Reader, Writer } from '../netlink/wire/cursor.js'
import { s32 } from '../netlink/wire/integers.js'

/** The header of the first message of a datagram. */
export function headerOf(datagram: Uint8Array): Header {
  return HeaderCodec.read(new Reader(datagram))
}

/** What the kernel answers to a request: done (0), or refused with a positive errno, the request given back. */
export function acknowledge(request: Uint8Array, errno = 0): Uint8Array {
  const { sequence, length } = headerOf(request)
  const writer = new Writer()
  const start = beginMessage(writer, NLMSG.error, 0, sequence)
  s32.write(writer, -errno)
  writer.put(request.subarray(0, errno === 0 ? HeaderCodec.size : length))
  finishMessage(writer, start)
  return writer.written()
}

/** A data message that answers a request; `body` begins with the nfgenmsg, where the subsystem has one. */
export function answer(request: Uint8Array, type: number, flags: number, body: Uint8Array): Uint8Array {
  const writer = new Writer()
  const start = beginMessage(writer, type, flags, headerOf(request).sequence)
  writer.put(body)
  finishMessage(writer, start)
  return writer.written()
}

/** The end of a dump, with a positive errno where it failed. */
export function done(request: Uint8Array, errno = 0): Uint8Array {
  return answer(request, NLMSG.done, NLM_F.multi, encode(s32, -errno))
}
