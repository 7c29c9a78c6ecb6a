import { spawnSync } from 'node:child_process'
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

/** Ways to start a program that may not change this firewall, though it may be root elsewhere. */
const POWERLESS: readonly (readonly [who: string, program: string, args: readonly string[]])[] = [
  ['root without CAP_NET_ADMIN, as in a container', 'setpriv', ['--bounding-set=-net_admin', '--inh-caps=-net_admin']],
  ['root of a user namespace, as in a rootless container', 'unshare', ['--user', '--map-root-user']],
  ['nobody, in a user namespace', 'unshare', ['--user']],
  ['an ordinary user', 'setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups']],
]

/**
 * `test` for what such a program is told, once for each way to start one; its name begins with who that is. Where it cannot be
 * started so, the name says why it is skipped: root of a user namespace that has no other users becomes none of them.
 */
export function testPowerless(name: string, body: (program: string, args: readonly string[]) => Promise<void>): void {
  for (const [who, program, args] of POWERLESS) {
    const { status, error, stderr } = spawnSync(program, [...args, 'true'], { encoding: 'utf8' })
    if (status === 0) test(`${who} ${name}`, () => body(program, args))
    else test.skip(`${who} ${name} [skipped: ${error?.message ?? stderr.trim()}]`, () => {})
  }
}
