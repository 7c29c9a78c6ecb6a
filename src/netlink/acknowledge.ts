import { HEADER_SIZE, NLM_F } from './header.js'
import type { Message } from './message.js'
import { attr, attributes } from './wire/attributes.js'
import { Reader } from './wire/cursor.js'
import { ProtocolError } from './wire/error.js'
import { s32, u32 } from './wire/integers.js'
import { bytes, cstring } from './wire/text.js'

/** include/uapi/linux/netlink.h: enum nlmsgerr_attrs, what an extended acknowledgement adds. */
export const ExtendedAck = attributes('NLMSGERR_ATTR', {
  message: attr(1, cstring(4096), 'MSG', "the kernel's own words"),
  offset: attr(2, u32, 'OFFS', 'where in the request the attribute at fault begins'),
  cookie: attr(3, bytes, 'COOKIE', 'what the subsystem gives back'),
  policy: attr(4, bytes, 'POLICY', 'what the attribute should have been'),
  missingType: attr(5, u32, 'MISS_TYPE', 'the type of an attribute that is missing'),
  missingNest: attr(6, u32, 'MISS_NEST', 'where the nest begins that lacks it'),
})

/** What the kernel says of one request: NLMSG_ERROR, or the errno at the end of a dump. */
export interface Acknowledgement {
  /** 0: done; else the positive error number. */
  readonly errno: number
  readonly message?: string
  readonly offset?: number
  readonly missingType?: number
  /** The request as the kernel gives it back, header included; cut to its header when it succeeded. */
  readonly request: Uint8Array
}

/**
 * include/uapi/linux/netlink.h: struct nlmsgerr. An extension that makes no sense is left out, the errno stays. Throws a
 * ProtocolError for a message that is too short.
 */
export function readAcknowledgement({ body, flags }: Message): Acknowledgement {
  const at = body.at
  if (body.left < 4) throw new ProtocolError(`an acknowledgement of ${body.left} bytes`, { offset: at })
  const errno = 0 - s32.read(body)
  if (body.left < HEADER_SIZE) return { errno, request: body.rest() }
  const asked = body.u32At(body.at)
  const carried = flags & NLM_F.capped ? HEADER_SIZE : Math.min(Math.max(asked, HEADER_SIZE), body.left)
  const request = body.take(carried)
  if (!(flags & NLM_F.ackTlvs)) return { errno, request }
  body.at = Math.min(body.end, body.at + (-carried & 3))
  return { errno, request, ...extension(new Reader(body.rest())) }
}

/** include/uapi/linux/netlink.h: NLMSG_DONE carries an errno, negative where the dump failed. */
export function readDone({ body, flags }: Message): Acknowledgement {
  const request = new Uint8Array(0)
  if (body.left === 0) return { errno: 0, request }
  if (body.left < 4) throw new ProtocolError(`the end of a dump with ${body.left} bytes`, { offset: body.at })
  const errno = Math.max(0, 0 - s32.read(body))
  if (!(flags & NLM_F.ackTlvs)) return { errno, request }
  return { errno, request, ...extension(new Reader(body.rest())) }
}

function extension(reader: Reader): Pick<Acknowledgement, 'message' | 'offset' | 'missingType'> {
  try {
    const { message, offset, missingType } = ExtendedAck.read(reader)
    return {
      ...(message === undefined ? {} : { message }),
      ...(offset === undefined ? {} : { offset }),
      ...(missingType === undefined ? {} : { missingType }),
    }
  } catch (error) {
    if (ProtocolError.is(error)) return {}
    throw error
  }
}
