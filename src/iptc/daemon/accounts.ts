import { readFileSync } from 'node:fs'
import { InputError } from '../../netlink/index.js'

/** Where the names of users and groups stand. */
export interface AccountFiles {
  /** `/etc/passwd` unless given. */
  readonly passwd?: string | undefined
  /** `/etc/group` unless given. */
  readonly group?: string | undefined
}

/** The number of a user or a group by its name; an InputError where the file has none of that name. */
export function accountNumber(kind: 'user' | 'group', name: string, files: AccountFiles = {}): number {
  const file = kind === 'user' ? (files.passwd ?? '/etc/passwd') : (files.group ?? '/etc/group')
  const row = linesOf(file).map((line) => line.split(':')).find(([first]) => first === name)
  const id = row?.[2]
  if (id !== undefined && /^\d{1,10}$/.test(id) && Number(id) < 0xffff_ffff) return Number(id)
  const advice = /^\d+$/.test(name) ? `write the number ${name} without quotes` : `others, such as those of LDAP, go by number: '${kind === 'user' ? 'id -u' : 'getent group'} ${name}'`
  throw new InputError(`there is no ${kind} '${name}' in ${file}; ${advice}`)
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch (cause) {
    throw new InputError(`${file} cannot be read, so that no name can be looked up: ${(cause as Error).message}`, { cause })
  }
}
