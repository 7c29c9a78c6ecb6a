import { InputError } from '../../netlink/wire/error.js'
import { u8, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { uint32 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_LED.h */
const XtLedInfo = struct('xt_led_info', {
  id: field(chars(27), 'id', 'name of the trigger'),
  alwaysBlink: field(u8, 'always_blink', 'whether it blinks while it is lit'),
  delay: field(u32, 'delay', 'milliseconds that it stays lit'),
  kernel: field(u64, 'internal_data', "the kernel's"),
})

const PREFIX = 'netfilter-'
const ENDLESS = 0xffff_ffff

const id = text({ max: 16 })

function inQuotes(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&')}"`
}

/** The end of a trigger's name; the struct holds it with `netfilter-` in front. */
const triggerId: Kind<string, string> = {
  ...id,
  format: inQuotes,
  pack: (value, context) => PREFIX + id.pack(value, context),
  unpack(raw) {
    // A struct that nothing has been put into yet.
    if (raw === '') return ''
    if (!raw.startsWith(PREFIX)) throw new InputError(`'${raw}' does not begin with ${PREFIX}`)
    return raw.slice(PREFIX.length)
  },
}

/** Milliseconds, or `inf`. */
const delay: Kind<number | 'inf', number> = kindOf({
  name: 'ms|inf',
  parse(text, context, second) {
    const ms = /^inf/i.test(text) ? ENDLESS : uint32.parse(text, context, second)
    return ms === ENDLESS ? 'inf' : ms
  },
  format: String,
  pack: (value, context) => (value === 'inf' ? ENDLESS : uint32.pack(value, context)),
  unpack: (raw) => (raw === ENDLESS ? 'inf' : raw),
})

export const LED = target('LED', {
  doc: 'Lights a lamp of the machine when a packet comes: the one that is set to this trigger in /sys/class/leds.',
  revisions: { 0: XtLedInfo },
  private: 'kernel',
  options: {
    ledTriggerId: option(triggerId, "the trigger's name without `netfilter-`, at most 16 bytes", {
      to: 'id', required: true,
    }),
    ledDelay: option(delay, 'milliseconds that the lamp stays lit; inf: until somebody puts it out; 0 unless given', {
      to: 'delay', fallback: 0, quiet: true,
    }),
    ledAlwaysBlink: flag('blinks with each packet, even while the lamp is lit', { to: 'alwaysBlink' }),
  },
  list: ({ ledTriggerId = '', ledDelay = 0, ledAlwaysBlink }) => line(
    `led-trigger-id:${inQuotes(ledTriggerId)}`, `led-delay:${ledDelay === 'inf' ? ledDelay : `${ledDelay}ms`}`,
    ledAlwaysBlink && 'led-always-blink',
  ),
})
