import type { CtPlace } from '../timeout.js'
import { EXPRESSIONS } from './expression/expression.js'
import type { KernelRule } from './rules.js'
import { Scan } from './expression/scan.js'
import { textBetween } from './expression/verdict.js'

const scan = new Scan()
const { name, revision, info } = EXPRESSIONS.target.rows

/** Where the struct of a rule's CT target stands that may name a timeout policy. */
export function ctPlace({ reader, at, end }: KernelRule): CtPlace | undefined {
  scan.start(reader, at, end)
  while (scan.step()) {
    if (scan.name !== 'target' || scan.u32(revision.type) <= 0) continue
    if (textBetween(reader, scan.at(name.type), scan.at(name.type) + scan.size(name.type)) !== 'CT') continue
    const { buffer, byteOffset, length } = reader.bytes
    return { bytes: Buffer.from(buffer, byteOffset, length), at: scan.at(info.type) }
  }
  return undefined
}
