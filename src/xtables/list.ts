import { serviceName } from '../netlink/wire/names.js'
import { isNot, type Not } from './kind.js'
import type { Range } from './kinds/range.js'

/** The words that are not empty, side by side: how `iptables -L` shows an extension. */
export function line(...words: readonly (string | false | undefined)[]): string {
  return words.filter(Boolean).join(' ')
}

/** The value without its negation. */
export function plain<T>(value: T | Not<T>): T {
  return isNot(value) ? (value.not as T) : value
}

/** `!` where a value is negated, or `mark` of your own. */
export function bang(value: unknown, mark = '!'): string {
  return isNot(value) || value === false ? mark : ''
}

/** `spt:22`, `dpts:!1:1023`; names of services unless `numeric`. Nothing where no port is asked for. */
export function listPorts(name: string, ports: Range | Not<Range> | undefined, protocol: string, numeric: boolean): string {
  if (ports === undefined) return ''
  const value = plain(ports)
  const port = (number: number) => (numeric ? undefined : serviceName(number, protocol)) ?? String(number)
  return typeof value === 'number'
    ? `${name}:${bang(ports)}${port(value)}`
    : `${name}s:${bang(ports)}${port(value[0])}:${port(value[1])}`
}
