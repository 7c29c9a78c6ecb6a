import type { Reader } from '../../../netlink/wire/cursor.js'
import { ProtocolError } from '../../../netlink/wire/error.js'
import { EXPRESSIONS } from './expression.js'
import { Foreign } from './foreign.js'
import { Scan } from './scan.js'
import { readVerdict } from './verdict.js'

const { bitwise, immediate } = EXPRESSIONS

// The attributes that hold other ones: the kernel leaves a flag out of their headers that programs set.
const nesting = new Map(
  Object.entries(EXPRESSIONS).map(([name, { rows }]) => [name, new Set(Object.values(rows).filter(({ codec }) => codec.nested).map(({ type }) => type))]),
)

const scan = new Scan()

/**
 * The expressions between two places as a text in which the same ones are equal, whether the kernel gave them or a program
 * is about to send them: without counters. undefined where some are not known.
 */
export function plainText(reader: Reader, at: number, end: number): string | undefined {
  const { bytes } = reader
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  try {
    scan.start(reader, at, end)
    while (scan.step()) {
      const { name } = scan
      if (name === undefined) return undefined
      if (name === 'counter') continue
      text += `\n${name}`
      for (let type = 1; type < 8; type++) {
        const from = scan.at(type)
        if (from < 0 || (name === 'bitwise' && type === bitwise.rows.op.type && scan.u32(type) === 0)) continue
        if (!nesting.get(name)?.has(type)) text += ` ${type} ${buffer.toString('latin1', from, from + scan.size(type))}`
        else if (name === 'immediate' && scan.u32(immediate.rows.dreg.type) === 0) text += ` ${JSON.stringify(readVerdict(reader, from, scan.size(type)))}`
        else {
          const value = scan.value(type)
          if (value < 0) return undefined
          text += ` ${type} ${buffer.toString('latin1', value, value + scan.valueSize)}`
        }
      }
    }
  } catch (error) {
    if (error instanceof Foreign || ProtocolError.is(error)) return undefined
    throw error
  }
  return text
}
