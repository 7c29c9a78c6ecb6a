import { parseArgs } from 'node:util'
import { accountNumber } from '../iptc/daemon/index.js'
import { InputError } from '../netlink/index.js'

/** Where the socket and the policy are, unless said. */
export const SOCKET = '/run/nfkit.sock'
export const POLICY = '/etc/nfkit/policy.json'

/** What `nfkit serve` was told. */
export interface ServeOptions {
  readonly socket: string | undefined
  readonly policy: string
  readonly backend: 'auto' | 'nft' | 'legacy'
  readonly netns: string | undefined
  readonly mode: number
  /** Number of the group of the socket. */
  readonly group: number | undefined
  readonly limits: Readonly<Record<string, number>>
  readonly check: boolean
  readonly help: boolean
}

const OPTIONS = {
  socket: { type: 'string', short: 's' },
  policy: { type: 'string', short: 'p' },
  backend: { type: 'string', short: 'b' },
  netns: { type: 'string' },
  mode: { type: 'string', short: 'm' },
  group: { type: 'string', short: 'g' },
  limit: { type: 'string', short: 'l', multiple: true },
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the arguments. Throws an InputError, or what parseArgs throws, for those that make no sense. */
export function readServeOptions(args: readonly string[]): ServeOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false })
  const { socket, policy = POLICY, backend = 'auto', netns, mode = '660', group, limit = [], check = false, help = false } = values
  for (const [name, value] of Object.entries({ socket, policy, netns, group })) {
    if (value === '') throw new InputError(`--${name} wants a value`)
  }
  if (backend !== 'auto' && backend !== 'nft' && backend !== 'legacy') throw new InputError(`--backend is auto, nft or legacy, not '${backend}'`)
  return { socket, policy, backend, netns, mode: modeOf(mode), group: group === undefined ? undefined : groupOf(group), limits: limitsOf(limit), check, help }
}

function modeOf(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InputError(`--mode is three octal digits such as 660, not '${text}'`)
  return Number.parseInt(text, 8)
}

function groupOf(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : accountNumber('group', text)
}

/** `--limit connections=500` */
function limitsOf(given: readonly string[]): Record<string, number> {
  return Object.fromEntries(given.map((text) => {
    const [, name, value] = /^(\w+)=(\d{1,10})$/.exec(text) ?? []
    if (name === undefined) throw new InputError(`--limit wants a name and a number such as connections=500, not '${text}'`)
    return [name, Number(value)]
  }))
}

export const HELP = `Usage: nfkit serve [OPTION...]

Serves the firewall to programs that are not root, over a Unix socket: openXtables({ daemon }), new IPSet({ daemon }), and
the commands of nfkit with the path in NFKIT_DAEMON. Who may do what stands in the policy; what it does not allow is refused.

  -s, --socket PATH     where to listen (${SOCKET}); a socket that systemd hands over comes first
  -p, --policy FILE     who may do what (${POLICY}): JSON, writable by its owner alone
  -b, --backend NAME    auto, nft or legacy: the tables that are served (auto)
      --netns NAME      serve the firewall of another network namespace: a name of 'ip netns', or a path
  -m, --mode OCTAL      rights of the socket (660)
  -g, --group GROUP     group of the socket, by name or number
  -l, --limit NAME=N    another limit, such as connections=500; may be given several times
      --check           read the policy, say whether it is good, and end
  -h, --help

SIGTERM and SIGINT finish what is under way and end the daemon; SIGHUP reads the policy again, a bad one changes nothing.
It tells what it does on standard error, one JSON object a line.
Exit codes: 0 ended in order, or the policy is good; 1 it cannot serve, or the policy is bad; 2 arguments that make no sense.
`
