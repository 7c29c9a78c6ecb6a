import { Reader } from '../../../netlink/wire/cursor.js'
import { Memo } from '../../sealed.js'
import { type Expression, nextExpression, readExpression } from './expression.js'

/** Expressions by their bytes: the same ones stand in many rules. */
const expressions = new Memo<Expression>()

/** The expressions in a list, one by one. */
export function* split(bytes: Uint8Array): Generator<Expression> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = new Reader(bytes)
  while (reader.left > 0) {
    const { from, to } = nextExpression(reader)
    const key = expressions.awake ? buffer.toString('latin1', from, to) : undefined
    let found = key === undefined ? undefined : expressions.get(key)
    if (!found) {
      found = readExpression(new Reader(Uint8Array.from(bytes.subarray(from, to))))
      if (key !== undefined) expressions.set(key, found)
    }
    yield found
  }
}
