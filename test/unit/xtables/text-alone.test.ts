import { decodeEntry, encodeEntry, formatRule, parseRule } from '../../../src/xtables/index.js'

// Extensions that no captured rule has: the kernel at hand lacks them, or the C tool refuses them there.
const texts: readonly (readonly ['ip' | 'ip6', string])[] = [
  ['ip', '-j LED --led-trigger-id "foo"'],
  ['ip', '-j LED --led-trigger-id "foo" --led-delay 10 --led-always-blink'],
  ['ip6', '-j LED --led-trigger-id "a b" --led-delay inf'],
  ['ip6', '-m eui64'],
  ['ip', '-m helper ! --helper ftp'],
  ['ip', '-m ipvs --vproto 6 --vaddr 10.0.0.0/8 --vport 80 --vdir ORIGINAL'],
  ['ip', '-m time --timestart 10:00:00 --timestop 11:00:00 --weekdays Mon,Tue --datestop 2038-01-19T03:14:07'],
  ['ip', '-j CHECKSUM --checksum-fill'],
  ['ip', '-p tcp -j ECN --ecn-tcp-remove'],
  ['ip', '-j SECMARK --selctx system_u:object_r:firewalld_exec_t:s0'],
  ['ip', '-d 10.0.0.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:02:03:04:05:06 --total-nodes 9 --local-node 2 --hash-init 123456789'],
  ['ip', '-j ULOG --ulog-prefix foo --ulog-nlgroup 2'],
]

test.each(texts)('%s: %s is read, put into bytes, and printed the same', (family, text) => {
  const rule = parseRule(text, { family })
  expect(formatRule(rule, { family })).toBe(text)
  expect(formatRule(decodeEntry(encodeEntry(rule, { family }), { family }), { family })).toBe(text)
})
