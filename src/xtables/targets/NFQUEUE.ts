import { InputError } from '../../netlink/wire/error.js'
import { u16 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { atMostOne } from '../kinds/exclusive.js'
import { uint16 } from '../kinds/number.js'
import { type Range, range } from '../kinds/range.js'
import { bitsSince } from '../kinds/revision.js'
import { line } from '../list.js'
import { flag, type Memory, option } from '../option.js'

const queue = field(u16, 'queuenum', 'number of the queue, or of the first')
const queues = field(u16, 'queues_total', 'number of queues')

/** include/uapi/linux/netfilter/xt_NFQUEUE.h */
const XtNfqInfo = struct('xt_NFQ_info', { queue })
/** xt_NFQUEUE.h */
const XtNfqInfoV1 = struct('xt_NFQ_info_v1', { queue, queues })
/** xt_NFQUEUE.h */
const XtNfqInfoV2 = struct('xt_NFQ_info_v2', {
  queue, queues, bypass: field(u16, 'bypass', 'whether packets pass where nobody listens'),
})
/** xt_NFQUEUE.h */
const XtNfqInfoV3 = struct('xt_NFQ_info_v3', { queue, queues, flags: field(u16, 'flags', 'NFQ_FLAG_*') })

const ends = range({ max: 0xffff, both: true })

function atLeastTwo(value: Range): readonly [number, number] {
  if (typeof value === 'number') throw new InputError(`'${value}' is one queue: give two as first:last`)
  if (value[0] === value[1]) throw new InputError(`${value[0]} should be less than ${value[1]}`)
  return value
}

/** The first and the last of at least two queues. */
const twoQueues: Kind<readonly [number, number], readonly [number, number]> = kindOf({
  name: 'first:last',
  parse: (text, context) => atLeastTwo(ends.parse(text, context, '')),
  format: (value, context) => ends.format(value, context),
  pack: (value, context) => atLeastTwo(ends.pack(value, context)),
  unpack: (raw) => raw,
})

/** How many queues there are: the kernel refuses 0, which stands for 65536. */
function count(memory: Memory): number {
  return memory.knows('queues') ? (memory.get('queues') as number) || 0x1_0000 : 1
}

export const NFQUEUE = target('NFQUEUE', {
  doc: 'Hands the packet to a program that listens to a queue of nfnetlink_queue, and that decides about it.',
  revisions: { 3: XtNfqInfoV3, 2: XtNfqInfoV2, 1: XtNfqInfoV1, 0: XtNfqInfo },
  options: {
    queueNum: option(uint16, 'number of the queue, 0 to 65535; 0 unless given', {
      pack: (memory, value) => memory.set('queue', value),
      unpack: (memory) => (count(memory) === 1 ? memory.get('queue') : undefined),
    }),
    queueBalance: option(twoQueues, 'first and last of the queues that connections are spread over', {
      pack(memory, [first, last]: readonly [number, number]) {
        if (!memory.knows('queues')) throw new InputError('the revision that this kernel has does not know it')
        memory.set('queue', first)
        memory.set('queues', (last - first + 1) & 0xffff)
      },
      unpack(memory) {
        const first = memory.get('queue')
        return count(memory) === 1 ? undefined : [first, first + count(memory) - 1]
      },
    }),
    queueBypass: flag('lets the packet pass where no program listens', bitsSince(['flags', 'bypass'], 0x1)),
    queueCpuFanout: flag('spreads by the CPU that has the packet, not by connection; needs queueBalance',
      bitsSince(['flags'], 0x2)),
  },
  check({ queueNum, queueBalance, queueCpuFanout }) {
    atMostOne({ queueNum, queueBalance }, ['queueNum', 'queueBalance'])
    if (queueCpuFanout && queueBalance === undefined) {
      throw new InputError("needs '--queue-balance': the queues to choose from", { path: 'queueCpuFanout' })
    }
  },
  finish(memory, { queueBalance }) {
    if (queueBalance === undefined && memory.knows('queues')) memory.set('queues', 1)
  },
  list: ({ queueNum, queueBalance, queueBypass, queueCpuFanout }) => line(
    'NFQUEUE', queueBalance ? `balance ${queueBalance.join(':')}` : `num ${queueNum}`,
    queueBypass && 'bypass', queueCpuFanout && 'cpu-fanout',
  ),
})
