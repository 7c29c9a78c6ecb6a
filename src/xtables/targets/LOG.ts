import { u8 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { target } from '../extension.js'
import { logLevel } from '../kinds/log-level.js'
import { text } from '../kinds/text.js'
import { line } from '../list.js'
import { flag, option } from '../option.js'

/** include/uapi/linux/netfilter/xt_LOG.h */
const XtLogInfo = struct('xt_log_info', {
  level: field(u8, 'level', 'syslog level'),
  flags: field(u8, 'logflags', 'XT_LOG_*: what else is logged'),
  prefix: field(chars(30), 'prefix', 'what each message begins with'),
})

const WARNING = 4
/** Levels as syslog(3) calls them, from 0. */
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug']

export const LOG = target('LOG', {
  doc: "Writes a line about the packet into the kernel's log. The packet goes on with the next rule.",
  revisions: { 0: XtLogInfo },
  options: {
    logPrefix: option(text({ min: 1, max: 29 }), 'what the line begins with, at most 29 bytes', {
      to: 'prefix', fallback: '', quiet: true,
    }),
    logLevel: option(logLevel, 'syslog level of the line: 0 (emerg) to 7 (debug), or its name; 4 unless given', {
      to: 'level', fallback: WARNING, quiet: true,
    }),
    logTcpSequence: flag('adds sequence numbers of TCP', { set: { flags: 0x01 } }),
    logTcpOptions: flag('adds options of the TCP header', { set: { flags: 0x02 } }),
    logIpOptions: flag('adds options of the IPv4 header, or extension headers of IPv6', { set: { flags: 0x04 } }),
    logUid: flag('adds the user that owns the socket, for packets of this machine', { set: { flags: 0x08 } }),
    logMacdecode: flag('takes hardware addresses and protocol apart', { set: { flags: 0x20 } }),
  },
  list({ logPrefix, logLevel = WARNING, ...options }, { numeric }) {
    const { logTcpSequence, logTcpOptions, logIpOptions, logUid, logMacdecode } = options
    const bits = [logTcpSequence && 1, logTcpOptions && 2, logIpOptions && 4, logUid && 8, logMacdecode && 32]
    const flags = bits.reduce((sum: number, bit) => sum + (bit || 0), 0)
    const names = [
      logTcpSequence && 'tcp-sequence', logTcpOptions && 'tcp-options', logIpOptions && 'ip-options',
      logUid && 'uid', logMacdecode && 'macdecode',
    ]
    return line(
      'LOG', ...(numeric ? [`flags ${flags} level ${logLevel}`] : [`level ${LEVELS[logLevel]}`, ...names]),
      logPrefix !== undefined && `prefix "${logPrefix}"`,
    )
  },
})
