import { u8, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { uint32 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

const timeout = field(u32, 'timeout', 'seconds without a packet')
const label = field(chars(28), 'label', 'name of the timer')
const timer = field(u64, 'timer', "the kernel's")

/** include/uapi/linux/netfilter/xt_IDLETIMER.h */
const IdletimerTgInfo = struct('idletimer_tg_info', { timeout, label, timer })

/** include/uapi/linux/netfilter/xt_IDLETIMER.h */
const IdletimerTgInfoV1 = struct('idletimer_tg_info_v1', {
  timeout, label,
  unused: field(u8, 'send_nl_msg', 'unused'),
  timerType: field(u8, 'timer_type', '1: an alarm timer'),
  timer,
})

export const IDLETIMER = target('IDLETIMER', {
  doc: 'Starts a timer anew. When it runs out, /sys/class/xt_idletimer/timers tells those who wait there.',
  revisions: { 1: IdletimerTgInfoV1, 0: IdletimerTgInfo },
  private: 'timer',
  options: {
    timeout: option(uint32, 'seconds until it runs out', { to: 'timeout', required: true }),
    label: option(text({ max: 27, bare: true }), 'name of the timer, at most 27 bytes; rules may share it', {
      to: 'label', required: true,
    }),
    alarm: flag('it runs on while the machine sleeps', { to: 'timerType' }),
  },
  list: ({ timeout, label, alarm }) => line(`timeout:${timeout}`, `label:${label}`, alarm && 'alarm'),
})
