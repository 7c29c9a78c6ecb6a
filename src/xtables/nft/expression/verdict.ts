import type { Reader } from '../../../netlink/wire/cursor.js'
import type { Target } from '../../rule.js'
import { VERDICT } from './constants.js'
import { Foreign } from './foreign.js'

const TYPE_MASK = 0x3fff
const HEADER = 4
/** NFTA_DATA_VERDICT, NFTA_VERDICT_* */
const DATA_VERDICT = 2
const CODE = 1
const CHAIN = 2

const NAMES = new Map<number, string>(Object.entries(VERDICT).map(([name, code]) => [code, name]))

/** The verdict in the data of an immediate expression, that begin at a place. Throws a Foreign where a rule cannot say it. */
export function readVerdict(reader: Reader, from: number, size: number): Target {
  let code = -1
  let chain = ''
  if (from < 0 || size < HEADER || (reader.u16At(from + 2) & TYPE_MASK) !== DATA_VERDICT) throw new Foreign()
  const end = from + Math.min(size, reader.u16At(from))
  for (let at = from + HEADER; at + HEADER <= end; ) {
    const length = reader.u16At(at)
    const type = reader.u16At(at + 2) & TYPE_MASK
    if (length < HEADER || at + length > end) throw new Foreign()
    if (type === CODE && length === HEADER + 4) code = reader.be32At(at + HEADER)
    else if (type === CHAIN) chain = textBetween(reader, at + HEADER, at + length)
    at += (length + 3) & -4
  }
  const name = NAMES.get(code)
  if (name === undefined || ((name === 'JUMP' || name === 'GOTO') && chain === '')) throw new Foreign()
  return name === 'JUMP' ? { jump: chain } : name === 'GOTO' ? { goto: chain } : ({ target: name } as Target)
}

/** Text between two places, up to its NUL. */
export function textBetween({ bytes, buffer }: Reader, at: number, end: number): string {
  let nul = at
  while (nul < end && bytes[nul] !== 0) nul++
  return buffer.toString('utf8', at, nul)
}
