import type { Writer } from '../../../netlink/wire/cursor.js'
import type { Extension } from '../../extension.js'
import { type Expression, writeExpression } from '../expression/expression.js'
import { type Limit, writeLimit } from './limit.js'
import { type Mark, writeMark } from './mark.js'
import { type Nflog, writeNflog } from './nflog.js'
import { type Ports, writePorts } from './ports.js'
import { writeTrace } from './trace.js'

/**
 * Writes what the struct of an extension says as expressions, in a rule that asks for a protocol (0: for none). False, and
 * nothing written, where none say it.
 */
export type Native = (writer: Writer, fields: never, protocol: number) => boolean

// Without the protocol before it, a comparison of ports would look into packets of all.
const TCP = 6
const UDP = 17

/** The extensions that iptables-nft writes as expressions of nf_tables, not as themselves. */
const MATCHES: Readonly<Record<string, Native>> = {
  tcp: (writer, fields: Ports, protocol) => protocol === TCP && writePorts(writer, fields),
  udp: (writer, fields: Ports, protocol) => protocol === UDP && writePorts(writer, fields),
  limit: (writer, fields: Limit) => write(writer, writeLimit(fields)),
  mark: (writer, fields: Mark) => write(writer, writeMark(fields)),
}
const TARGETS: Readonly<Record<string, Native>> = {
  NFLOG: (writer, fields: Nflog) => write(writer, writeNflog(fields)),
  TRACE: (writer) => write(writer, writeTrace()),
}

function write(writer: Writer, expressions: readonly Expression[] | undefined): boolean {
  for (const expression of expressions ?? []) writeExpression(writer, expression)
  return expressions !== undefined
}

/** Whether an extension goes as itself (nft_compat), whatever its options are. */
export function isCompat(extension: Extension): boolean {
  return nativeForm(extension) === undefined
}

/** How an extension is said in expressions; undefined for one that goes as itself. */
export function nativeForm({ type, name }: Extension): Native | undefined {
  const forms = type === 'match' ? MATCHES : TARGETS
  return Object.hasOwn(forms, name) ? forms[name] : undefined
}
