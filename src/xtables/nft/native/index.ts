import type { Extension } from '../../extension.js'
import type { Expression } from '../expression.js'
import { type Limit, writeLimit } from './limit.js'
import { type Mark, writeMark } from './mark.js'
import { type Nflog, writeNflog } from './nflog.js'
import { type Ports, writePorts } from './ports.js'
import { writeTrace } from './trace.js'

/**
 * Expressions that say what the struct of an extension says, in a rule that asks for a protocol (0: for none); undefined
 * where none do.
 */
export type Native = (fields: never, protocol: number) => readonly Expression[] | undefined

// Without the protocol before it, a comparison of ports would look into packets of all.
const TCP = 6
const UDP = 17

/** The extensions that iptables-nft writes as expressions of nf_tables, not as themselves. */
const MATCHES: Readonly<Record<string, Native>> = {
  tcp: (fields: Ports, protocol) => (protocol === TCP ? writePorts(fields) : undefined),
  udp: (fields: Ports, protocol) => (protocol === UDP ? writePorts(fields) : undefined),
  limit: (fields: Limit) => writeLimit(fields),
  mark: (fields: Mark) => writeMark(fields),
}
const TARGETS: Readonly<Record<string, Native>> = {
  NFLOG: (fields: Nflog) => writeNflog(fields),
  TRACE: () => writeTrace(),
}

/** How an extension is said in expressions; undefined for one that goes as itself. */
export function nativeForm({ type, name }: Extension): Native | undefined {
  const forms = type === 'match' ? MATCHES : TARGETS
  return Object.hasOwn(forms, name) ? forms[name] : undefined
}
