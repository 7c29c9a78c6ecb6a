import { type AttributeSet, type AttributeValue, attr, attributes, close, enter, leave, NESTED, open, TYPE_MASK } from '../../../netlink/wire/attributes.js'
import type { Codec } from '../../../netlink/wire/codec.js'
import type { Reader, Writer } from '../../../netlink/wire/cursor.js'
import { ProtocolError } from '../../../netlink/wire/error.js'
import { be16, be32, be64 } from '../../../netlink/wire/integers.js'
import { bytes, cstring } from '../../../netlink/wire/text.js'

// All of include/uapi/linux/netfilter/nf_tables.h. Rows stand in the order in which iptables-nft writes them.

const Verdict = attributes('NFTA_VERDICT', {
  code: attr(1, be32, 'CODE', 'NF_ACCEPT, NF_DROP or NFT_*, 32 bits with a sign'),
  chain: attr(2, cstring(256), 'CHAIN', 'where a jump or a goto leads'),
})

/** A value of a register, or a verdict. */
const Data = attributes('NFTA_DATA', {
  value: attr(1, bytes, 'VALUE', 'bytes as they stand in the packet'),
  verdict: attr(2, Verdict, 'VERDICT', 'what becomes of the packet'),
})

const Meta = attributes('NFTA_META', {
  key: attr(2, be32, 'KEY', 'NFT_META_*: what is loaded or set'),
  dreg: attr(1, be32, 'DREG', 'register to load into'),
  sreg: attr(3, be32, 'SREG', 'register to set from'),
})

const Cmp = attributes('NFTA_CMP', {
  sreg: attr(1, be32, 'SREG', 'register that is compared'),
  op: attr(2, be32, 'OP', 'NFT_CMP_*'),
  data: attr(3, Data, 'DATA', 'what it is compared with'),
})

const Range = attributes('NFTA_RANGE', {
  sreg: attr(1, be32, 'SREG', 'register that is compared'),
  op: attr(2, be32, 'OP', 'NFT_RANGE_*'),
  from: attr(3, Data, 'FROM_DATA', 'first value'),
  to: attr(4, Data, 'TO_DATA', 'last value'),
})

const Payload = attributes('NFTA_PAYLOAD', {
  dreg: attr(1, be32, 'DREG', 'register to load into'),
  base: attr(2, be32, 'BASE', 'NFT_PAYLOAD_*: which header'),
  offset: attr(3, be32, 'OFFSET', 'bytes from where it begins'),
  length: attr(4, be32, 'LEN', 'bytes to load'),
})

const Bitwise = attributes('NFTA_BITWISE', {
  sreg: attr(1, be32, 'SREG', 'register to take from'),
  dreg: attr(2, be32, 'DREG', 'register to put into'),
  length: attr(3, be32, 'LEN', 'bytes'),
  op: attr(6, be32, 'OP', 'NFT_BITWISE_*; mask and xor unless given'),
  mask: attr(4, Data, 'MASK', 'bits that stay'),
  xor: attr(5, Data, 'XOR', 'bits that are turned'),
})

const Immediate = attributes('NFTA_IMMEDIATE', {
  dreg: attr(1, be32, 'DREG', 'register to load; 0: the verdict'),
  data: attr(2, Data, 'DATA', 'what is loaded'),
})

const Counter = attributes('NFTA_COUNTER', {
  bytes: attr(1, be64, 'BYTES', 'bytes of the packets'),
  packets: attr(2, be64, 'PACKETS', 'packets'),
})

const Limit = attributes('NFTA_LIMIT', {
  rate: attr(1, be64, 'RATE', 'how many'),
  unit: attr(2, be64, 'UNIT', 'in how many seconds'),
  burst: attr(3, be32, 'BURST', 'how many more at once'),
  type: attr(4, be32, 'TYPE', 'NFT_LIMIT_*: packets or bytes'),
  flags: attr(5, be32, 'FLAGS', 'NFT_LIMIT_F_*'),
})

const Log = attributes('NFTA_LOG', {
  prefix: attr(2, cstring(128), 'PREFIX', 'text that goes along'),
  group: attr(1, be16, 'GROUP', 'group of netlink that gets the packet'),
  snaplen: attr(3, be32, 'SNAPLEN', 'bytes of the packet that are copied'),
  threshold: attr(4, be16, 'QTHRESHOLD', 'packets that are collected before they are sent'),
})

/** An extension of xtables (nft_compat): NFTA_MATCH and NFTA_TARGET are alike. */
const Compat = attributes('NFTA_MATCH', {
  name: attr(1, cstring(29), 'NAME', 'name of the extension'),
  revision: attr(2, be32, 'REV', 'revision of its struct'),
  info: attr(3, bytes, 'INFO', 'its struct, padded to 8 bytes'),
})

/** The expressions that iptables-nft writes and reads. */
export const EXPRESSIONS = {
  meta: Meta,
  cmp: Cmp,
  range: Range,
  payload: Payload,
  bitwise: Bitwise,
  immediate: Immediate,
  counter: Counter,
  limit: Limit,
  log: Log,
  match: Compat,
  target: Compat,
} as const
type Tables = typeof EXPRESSIONS

/** What an expression holds, as the attributes in it. */
export type Expression =
  | { [K in keyof Tables]: { readonly expr: K } & AttributeValue<Tables[K]['rows']> }[keyof Tables]
  /** One that is none of those: its attributes as they came. */
  | { readonly expr: 'unknown'; readonly name: string; readonly data: Uint8Array }

/** NFTA_LIST_ELEM, NFTA_EXPR_* */
const ELEMENT = 1
const NAME = 1
const DATA = 2

const exprName = cstring(32)

/** One expression: its name, then its attributes. */
const element: Codec<Expression> = {
  name: 'NFTA_EXPR',
  nested: true,
  write(writer, expression) {
    const { expr } = expression
    const name = open(writer, NAME)
    exprName.write(writer, expr === 'unknown' ? expression.name : expr)
    close(writer, name)
    const data = open(writer, DATA | NESTED)
    if (expr === 'unknown') writer.put(expression.data)
    else (EXPRESSIONS[expr] as AttributeSet<never>).write(writer, expression as never)
    close(writer, data)
  },
  read(reader) {
    const { end } = reader
    let name = ''
    let data: Uint8Array = new Uint8Array(0)
    let value: Expression | undefined
    while (reader.at < end) {
      const at = reader.at
      const type = enter(reader, end, 'NFTA_EXPR') & TYPE_MASK
      if (type === NAME) name = exprName.read(reader)
      else if (type === DATA) {
        const table = Object.hasOwn(EXPRESSIONS, name) ? EXPRESSIONS[name as keyof Tables] : undefined
        if (table) value = { expr: name, ...(table as Codec<object>).read(reader) } as Expression
        else data = Uint8Array.from(reader.rest())
      }
      leave(reader, at, end)
    }
    return value ?? { expr: 'unknown', name, data }
  },
}

/** Puts an expression behind those of a rule's list. */
export function writeExpression(writer: Writer, expression: Expression): void {
  const start = open(writer, ELEMENT | NESTED)
  element.write(writer, expression)
  close(writer, start)
}

/** Steps over the next expression of a rule's list: where it begins and ends. */
export function nextExpression(reader: Reader): { readonly from: number; readonly to: number } {
  const { at, end } = reader
  const type = enter(reader, end, 'NFTA_RULE_EXPRESSIONS')
  if ((type & TYPE_MASK) !== ELEMENT) throw new ProtocolError(`attribute ${type & TYPE_MASK} among expressions`, { offset: at })
  const place = { from: reader.at, to: reader.end }
  leave(reader, at, end)
  return place
}

/** The expression between two places that `nextExpression` gave. */
export function readExpression(reader: Reader): Expression {
  return element.read(reader)
}

/** Expressions as the payload of NFTA_RULE_EXPRESSIONS. */
export const expressionList: Codec<readonly Expression[]> = {
  name: 'NFTA_RULE_EXPRESSIONS',
  nested: true,
  write: (writer, list) => {
    for (const expression of list) writeExpression(writer, expression)
  },
  read(reader) {
    const list: Expression[] = []
    const { end } = reader
    while (reader.at < end) {
      const at = reader.at
      const type = enter(reader, end, 'NFTA_RULE_EXPRESSIONS')
      if ((type & TYPE_MASK) !== ELEMENT) throw new ProtocolError(`attribute ${type & TYPE_MASK} among expressions`, { offset: at })
      list.push(element.read(reader))
      leave(reader, at, end)
    }
    return list
  },
}
