import { beginNfMessage, Connection, errnoName, FAMILY, finishMessage, InputError, KernelError, messageType, NLM_F, readNfGenMsg, SUBSYSTEM } from '../netlink/index.js'
import { attr, attributes } from '../netlink/wire/attributes.js'
import { cstring } from '../netlink/wire/text.js'
import type { Slot } from './draft.js'
import { XtCtTargetInfoV1 } from './targets/CT.js'

/** include/uapi/linux/netfilter/nfnetlink_cttimeout.h: IPCTNL_MSG_TIMEOUT_GET */
const TIMEOUT_GET = 1

/** nfnetlink_cttimeout.h: CTA_TIMEOUT_* */
const Timeout = attributes('CTA_TIMEOUT', {
  name: attr(1, cstring(32), 'CTA_TIMEOUT_NAME', 'name of the policy'),
})

/** Bytes of a policy's name that the kernel gives back of a CT target (xt_CT.c: usersize of revision 0 for all of them). */
const GIVEN_BACK = 4
const NAME_SIZE = 32
const NAME_AT = XtCtTargetInfoV1.offsets.timeout

/** Where the struct of a CT target of revision 1 or 2 stands, in memory that may be written to. */
export interface CtPlace {
  readonly bytes: Buffer
  readonly at: number
}

/** Where the name of the policy stands that a CT target names, when the kernel has cut it; -1 for other ones. */
function cutName({ bytes, at }: CtPlace): number {
  const name = at + NAME_AT
  const all = bytes.subarray(name, name + NAME_SIZE)
  return all.length === NAME_SIZE && !all.subarray(0, GIVEN_BACK).includes(0) && all.subarray(GIVEN_BACK).every((byte) => byte === 0) ? name : -1
}

/**
 * Completes the names of timeout policies in rules as the kernel gave them: it gives back four bytes of each. Sent back
 * so, they would name another policy or none. `list` gives the names there are. The slots whose names are not clear are
 * given back: they must not be written as they are.
 */
export async function completeTimeouts(
  slots: Iterable<Slot>,
  placeOf: (slot: Slot) => CtPlace | undefined,
  list: () => Promise<readonly string[]>,
): Promise<ReadonlyMap<Slot, string>> {
  const unclear = new Map<Slot, string>()
  let names: readonly string[] | undefined
  for (const slot of slots) {
    const place = placeOf(slot)
    const at = place ? cutName(place) : -1
    if (!place || at < 0) continue
    names ??= await list()
    const start = place.bytes.toString('utf8', at, at + GIVEN_BACK)
    const found = names.filter((name) => name.startsWith(start))
    if (found.length === 1) place.bytes.write(found[0] as string, at)
    else unclear.set(slot, found.length === 0 ? `there is none that begins with '${start}'` : `it may be ${found.join(' or ')}`)
  }
  return unclear
}

/** The error for a table that cannot be written because of such a rule. */
export function unclearTimeout(place: string, why: string): InputError {
  return new InputError(
    `the kernel gives back only the first four bytes of the timeout policy that this rule names, and ${why}; `
      + 'take the rule out, or give it anew in the same transaction',
    { path: place },
  )
}

/** The names of all timeout policies. */
export async function timeoutPolicies(netns: string | undefined): Promise<string[]> {
  await using connection = await Connection.open(netns === undefined ? {} : { netns })
  try {
    return await connection.dump(
      'listing timeout policies',
      (writer, sequence) => {
        const type = messageType(SUBSYSTEM.timeout, TIMEOUT_GET)
        finishMessage(writer, beginNfMessage(writer, type, NLM_F.request | NLM_F.ack | NLM_F.dump, FAMILY.unspec, sequence))
      },
      (message) => {
        readNfGenMsg(message)
        return Timeout.read(message.body).name ?? ''
      },
      ({ errno }) => new KernelError(`listing timeout policies: ${errnoName(errno)}`, { errno }),
    )
  } catch (error) {
    // Without the module nobody can have made one.
    if (KernelError.is(error)) return []
    throw error
  }
}
