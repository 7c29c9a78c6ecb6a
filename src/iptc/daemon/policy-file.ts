import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { InputError } from '../../netlink/index.js'
import { type Policy, readPolicy } from './policy.js'

/**
 * Reads a policy from its file. Rejects with an InputError that names the file: where it cannot be read, is no JSON, names a key
 * twice, says what makes no sense; and where others than its owner (root, or the daemon's own user) may write it, since they
 * could then give themselves every right.
 */
export async function readPolicyFile(path: string): Promise<Policy> {
  const text = contentOf(path)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new InputError(`the policy file is no JSON: ${(cause as Error).message}`, { path, cause })
  }
  const twice = repeatedKey(text)
  if (twice !== undefined) throw new InputError(`the key ${twice} stands twice in one object, and only the last would count`, { path })
  try {
    return await readPolicy(document)
  } catch (error) {
    throw InputError.is(error) ? new InputError(error.message, { path, cause: error }) : error
  }
}

function contentOf(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (cause) {
    throw new InputError(`the policy file cannot be read: ${(cause as Error).message}`, { path, cause })
  }
  try {
    const { uid, mode } = fstatSync(fd)
    if (uid !== 0 && uid !== process.getuid?.()) throw new InputError(`the policy file belongs to user ${uid}, who could change it: 'chown root ${path}'`, { path })
    if ((mode & 0o022) !== 0) throw new InputError(`others than its owner may write the policy file: 'chmod go-w ${path}'`, { path })
    return readFileSync(fd, 'utf8')
  } catch (cause) {
    throw InputError.is(cause) ? cause : new InputError(`the policy file cannot be read: ${(cause as Error).message}`, { path, cause })
  } finally {
    closeSync(fd)
  }
}

/** A key that stands twice in one object of a JSON text that is well formed; undefined when there is none. */
export function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  for (const [token, , colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (colon !== undefined) {
      const keys = open.at(-1)
      const key = JSON.parse(token.slice(0, -colon.length)) as string
      if (keys?.has(key)) return JSON.stringify(key)
      keys?.add(key)
    }
  }
  return undefined
}
