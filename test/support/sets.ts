import { readFileSync } from 'node:fs'
import { Connection, IPSet, type IPSetOptions, type SetEntry, type SetHeader } from '../../src/index.js'

/** The entries of a set with what is kept with them, in the order of their text. */
export async function describedIn(ipset: IPSet, name: string): Promise<SetEntry[]> {
  const entries: SetEntry[] = []
  for await (const entry of ipset.entries(name)) entries.push(entry)
  return entries.sort((a, b) => (a.entry < b.entry ? -1 : 1))
}

/** The entries of a set as text, sorted. */
export async function entriesIn(ipset: IPSet, name: string): Promise<string[]> {
  return (await describedIn(ipset, name)).map(({ entry }) => entry)
}

/** What the kernel says a set is. */
export async function headerOf(ipset: IPSet, name: string): Promise<SetHeader> {
  for await (const { header } of ipset.list(name, { content: 'headers' })) return header
  throw new Error(`the kernel lists nothing for ${name}`)
}

/** Removes every set of this namespace. Lists are emptied first: their members are in use. */
export async function removeAllSets(): Promise<void> {
  await using ipset = new IPSet()
  await ipset.flush()
  await ipset.destroy()
}

/** Sockets of NETLINK_NETFILTER that programs have open in this network namespace, as the kernel counts them. */
export function netfilterSockets(): number {
  const rows = readFileSync('/proc/self/net/netlink', 'latin1').trim().split('\n').slice(1)
  return rows.filter((row) => {
    const [, protocol, port] = row.trim().split(/\s+/)
    return protocol === '12' && port !== '0'
  }).length
}

/**
 * A test that runs twice: without a socket, where each set and helper opens its own and none stays open, and with one
 * that is handed to all of them, where no other may be opened.
 */
export function testBothWays(
  name: string,
  body: (sock: IPSet | undefined) => Promise<void>,
  options?: IPSetOptions,
): void {
  test.each([
    ['sockets of its own', false],
    ['a shared socket', true],
  ] as const)(`${name} (%s)`, async (_, shared) => {
    const sock = shared ? new IPSet(options) : undefined
    const open = jest.spyOn(Connection, 'open')
    try {
      await body(sock)
      if (shared) expect(open).toHaveBeenCalledTimes(1)
      else expect(open).toHaveBeenCalled()
      expect(netfilterSockets()).toBe(shared ? 1 : 0)
    } finally {
      open.mockRestore()
      sock?.close()
    }
  })
}
