import { readFileSync } from 'node:fs'

/** Whether root here is root of the machine. Root of a user namespace gets no more socket memory than anybody. */
const privileged = (() => {
  try {
    return process.getuid?.() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
  } catch {
    return false
  }
})()

/** `test` for what takes large socket buffers. Where they are not to be had, its name says why it is skipped. */
export function testLarge(name: string, body: () => Promise<void>): void {
  if (privileged) test(name, body)
  else test.skip(`${name} [skipped: root of a user namespace gets no large socket buffers]`, body)
}
