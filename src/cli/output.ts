import { closeSync, openSync, writeFileSync } from 'node:fs'
import { InputError } from '../netlink/index.js'

/** Where a command prints to. */
export interface Output {
  write(text: string): void | Promise<void>
  close(): void
}

/** A file, made anew, or standard output. */
export function outputTo(path: string | undefined): Output {
  if (path === undefined) return { write: writeOut, close() {} }
  let fd: number
  try {
    fd = openSync(path, 'w')
  } catch (cause) {
    throw new InputError(`Cannot open ${path} for writing: ${(cause as Error).message}`, { cause })
  }
  const write = (text: string) => {
    try {
      // Where a write takes only a part, this one goes on with the rest.
      writeFileSync(fd, text)
    } catch (cause) {
      throw new InputError(`Cannot write to ${path}: ${(cause as Error).message}`, { cause })
    }
  }
  return { write, close: () => closeSync(fd) }
}

/** Writes to standard output and waits while its reader is slow. */
function writeOut(text: string): void | Promise<void> {
  if (text === '' || process.stdout.write(text)) return
  return new Promise((resolve) => process.stdout.once('drain', resolve))
}
