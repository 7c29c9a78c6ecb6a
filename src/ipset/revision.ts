import { type CallOptions, TransportError } from '../netlink/index.js'
import { COMMAND, type Family, familyNumber } from './command.js'
import type { Session } from './session.js'
import type { SetType } from './type.js'

/** Oldest and newest revision of a type that the kernel has. */
export async function kernelRevisions(session: Session, type: SetType, family: Family, options?: CallOptions): Promise<{ min: number; max: number }> {
  const body = { typename: type.name, family: familyNumber(family) }
  const { revision = 0, minimum } = await session.set(COMMAND.type, body, { command: 'type', group: type.group, entry: type.name }, options)
  return { min: minimum ?? revision, max: revision }
}

/** The newest revision of a type that the kernel and this library share. */
export async function newestRevision(session: Session, type: SetType, family: Family): Promise<number> {
  const { min, max } = await kernelRevisions(session, type, family)
  const [oldest, newest] = type.revisions
  if (min <= newest && max >= oldest) return Math.min(max, newest)
  throw new TransportError(`${type.name}: the kernel has revisions ${min} to ${max}, this library ${oldest} to ${newest}`, { code: 'ERR_UNSUPPORTED' })
}
