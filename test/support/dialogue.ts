import { host32, nlmsg, readHost16, readHost32 } from './bytes.js'
import { type Arrival, ScriptedTransport } from './scripted-transport.js'

// A fake kernel a message at a time, where a test cares for requests and answers rather than for datagrams.

/** A request as the kernel sees it. */
export interface Asked {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** What follows the header. */
  readonly body: Buffer
  readonly whole: Buffer
}

/** What the kernel does with one request: its answers, in order; nothing when it keeps silent. */
export type Script = (asked: Asked) => Arrival | readonly Arrival[] | undefined | void

/** A transport to that kernel, and the requests it has heard. */
export function dialogue(script: Script = () => undefined): { transport: ScriptedTransport; asked: Asked[] } {
  const asked: Asked[] = []
  const transport = new ScriptedTransport((datagram) => {
    const arrivals: Arrival[] = []
    for (const request of requestsOf(datagram)) {
      asked.push(request)
      const answer = script(request)
      if (answer !== undefined) arrivals.push(...(Array.isArray(answer) ? (answer as Arrival[]) : [answer as Arrival]))
    }
    return arrivals
  })
  return { transport, asked }
}

/** The requests of a datagram. */
export function requestsOf(datagram: Buffer): Asked[] {
  const requests: Asked[] = []
  for (let at = 0; at < datagram.length; ) {
    const length = readHost32(datagram, at)
    const whole = datagram.subarray(at, at + length)
    requests.push({
      type: readHost16(whole, 4),
      flags: readHost16(whole, 6),
      sequence: readHost32(whole, 8),
      body: whole.subarray(16),
      whole,
    })
    at += (length + 3) & -4
  }
  return requests
}

/** NLMSG_ERROR: the acknowledgement, cut to the request's header as the kernel does on success. */
export function ack(asked: Pick<Asked, 'sequence' | 'whole'>, errno = 0): Buffer {
  return nlmsg(
    { type: 2, flags: 0x100, sequence: asked.sequence, port: 4711 },
    host32(-errno),
    asked.whole.subarray(0, 16),
  )
}

/** NLMSG_DONE, which ends a dump. */
export function done({ sequence }: Pick<Asked, 'sequence'>, errno = 0, flags = 2): Buffer {
  return nlmsg({ type: 3, flags, sequence, port: 4711 }, host32(-errno))
}

/** A message of an answer; NLM_F_MULTI as in a dump unless told otherwise. */
export function data({ sequence, type }: Pick<Asked, 'sequence' | 'type'>, body: Uint8Array, flags = 2): Buffer {
  return nlmsg({ type, flags, sequence, port: 4711 }, body)
}
