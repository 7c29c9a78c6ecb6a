import { readFileSync, readlinkSync } from 'node:fs'
import { type IPSet, IPSetError, NoSuchObject, SetInUseError, TEMPORARY_SETS } from '../ipset/index.js'

const ATTEMPTS = 20

let counter = 0

/**
 * A name for the set that replaces another's entries, at most 31 bytes: it tells which set it is for, and which process
 * made it (its number, when it was started, its pid namespace), so that what a killed process left can be found.
 */
export function temporaryName(set: string): string {
  counter = (counter + 1) % 36 ** 2
  const owner = `${process.pid.toString(36)}.${startOf(process.pid)}.${counter.toString(36)}`
  return `${prefixFor(set)}${owner}`
}

/** Whether `name` is a temporary set for `set` whose process is gone. Other pid namespaces' are left alone. */
export function isAbandoned(name: string, set: string): boolean {
  const prefix = prefixFor(set)
  if (!name.startsWith(prefix)) return false
  const [pid = '', start] = name.slice(prefix.length).split('.')
  return startOf(Number.parseInt(pid, 36)) !== start
}

/** Removes a temporary set, also when somebody is just listing it. That it is gone already is fine. */
export async function removeTemporary(sock: IPSet, name: string): Promise<void> {
  try {
    await patiently(() => sock.destroy(name))
  } catch (error) {
    if (!NoSuchObject.is(error)) throw error
  }
}

/** Does what the kernel refuses while somebody lists a set: tries again for two seconds. */
export async function patiently(change: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      const busy = SetInUseError.is(error) || (IPSetError.is(error) && error.errnoName === 'EBUSY')
      if (!busy || attempt >= ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, 10 * attempt))
    }
  }
}

function prefixFor(set: string): string {
  return `${TEMPORARY_SETS}${fingerprint(`${namespaceId()}/${set}`).toString(36).padStart(7, '0')}.`
}

/** FNV-1a, 32 bits. (node:crypto takes longer to load than all of this library.) */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** The pid namespace: process numbers mean nothing in another. */
function namespaceId(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** When a process was started, in clock ticks after boot (proc(5), stat field 22), base 36; '0' when there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A process that has ended and that nobody has waited for has a number and no life.
    return fields[0] === 'Z' || fields[0] === 'X' ? '0' : Number(fields[19]).toString(36)
  } catch {
    return '0'
  }
}
