import { InputError } from '../../netlink/wire/error.js'
import { u8, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { choice } from '../kinds/names.js'
import { uint64 } from '../kinds/number.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_connbytes.h */
const XtConnbytesInfo = struct('xt_connbytes_info', {
  from: field(u64, 'count.from', 'the least count'),
  to: field(u64, 'count.to', 'the greatest count; negated where this is under the least'),
  what: field(u8, 'what', 'XT_CONNBYTES_*'),
  direction: field(u8, 'direction', 'XT_CONNBYTES_DIR_*'),
})

const MAX = 0xffff_ffff_ffff_ffffn

/** The least and the greatest count. */
type Counts = readonly [from: bigint, to: bigint]
type Count = bigint | number

function format([from, to]: Counts): string {
  return to === MAX ? String(from) : `${from}:${to}`
}

/** A number alone is the least: there is no greatest then. */
const counts: Kind<Counts, Counts, Count | readonly [from: Count, to: Count]> = kindOf({
  name: 'from[:to]',
  parse(text, context) {
    const at = text.indexOf(':')
    const end = (text: string, open: bigint) => (text === '' ? open : uint64.parse(text, context, ''))
    return at < 0 ? [end(text, 0n), MAX] : [end(text.slice(0, at), 0n), end(text.slice(at + 1), MAX)]
  },
  format,
  pack(value, context) {
    const [first, last] = Array.isArray(value) && value.length === 2 ? value : [value as Count, MAX]
    const [from, to] = [uint64.pack(first, context), uint64.pack(last, context)]
    if (from > to) throw new InputError(`${from} should be less than ${to}`)
    return [from, to]
  },
  unpack: (raw) => raw,
})

export const connbytes = match('connbytes', {
  doc: 'How much a connection has transferred so far. Counting must be on (net.netfilter.nf_conntrack_acct).',
  revisions: { 0: XtConnbytesInfo },
  options: {
    connbytes: option(counts, 'the least and the greatest count, 0 to 2^64-1; the latter may be left out', {
      negatable: true, required: true,
      // Negated, the ends change places; nothing of that is to be seen where they are the same.
      pack(memory, [from, to]: Counts, _, negated) {
        if (negated && from === to) throw new InputError(`the kernel cannot say 'not ${from}': give a longer range`)
        memory.set('from', negated ? to : from)
        memory.set('to', negated ? from : to)
      },
      unpack(memory) {
        const [from, to] = [memory.get('from'), memory.get('to')]
        return from > to ? { not: [to, from] } : [from, to]
      },
    }),
    connbytesMode: option(choice({ packets: 0, bytes: 1, avgpkt: 2 }), 'what is counted; avgpkt: bytes a packet', {
      to: 'what', required: true,
    }),
    connbytesDir: option(choice({ original: 0, reply: 1, both: 2 }), 'the direction whose packets are counted', {
      to: 'direction', required: true,
    }),
  },
  list: ({ connbytes, connbytesMode, connbytesDir }) => line(
    bang(connbytes), connbytes && `connbytes ${format(plain(connbytes))}`,
    `connbytes mode ${connbytesMode}`, `connbytes direction ${connbytesDir}`,
  ),
})
