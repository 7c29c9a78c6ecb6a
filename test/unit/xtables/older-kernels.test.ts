import { decodeEntry, encodeEntry, type Family, formatRule, InputError, parseRule } from '../../../src/xtables/index.js'
import type { Extension } from '../../../src/xtables/extension.js'
import { inputErrorOf } from './errors.js'

// A kernel that lacks the newest revision of an extension gets the rule in the newest that it has: it means the same there, or
// it is refused. Written into a struct that cannot hold it, a rule would match more than it says.

/** A rule, the extension in question, the oldest revision that can say it, and what is said of those before. */
type Row = readonly [text: string, name: string, oldest: number, refusal?: string | undefined, family?: Family]

const UNKNOWN = 'the revision that this kernel has does not know it'

const ROWS: readonly Row[] = [
  ['-m set --match-set ban src,dst', 'set', 0],
  ['-m set ! --match-set ban src', 'set', 0],
  ['-m set --match-set ban src,src,src,src,src,dst', 'set', 1, 'matchSet: the revision that this kernel has takes no more than 5 of src and dst'],
  ['-m set --match-set ban src --return-nomatch', 'set', 2, `returnNomatch: ${UNKNOWN}`],
  ['-m set --match-set ban src ! --update-counters', 'set', 3, `updateCounters: ${UNKNOWN}`],
  ['-m set --match-set ban src --packets-gt 5', 'set', 3, 'packetsGt: the revision that this kernel has does not compare counters'],
  ['-j SET --add-set ban src', 'SET', 0],
  ['-j SET --del-set ban src,dst', 'SET', 0],
  ['-j SET --add-set ban src --exist', 'SET', 2, `exist: ${UNKNOWN}`],
  ['-j SET --map-set ban src --map-mark', 'SET', 3, `mapSet: ${UNKNOWN}`],
  ['-j CONNMARK --set-xmark 0x1/0x3', 'CONNMARK', 1],
  ['-j CONNMARK --set-xmark 0x1/0x3 --left-shift-mark 2', 'CONNMARK', 2, 'leftShiftMark: this kernel is too old to shift marks'],
  ['-j DNAT --to-destination 10.0.0.1-10.0.0.9', 'DNAT', 0],
  ['-p tcp -j DNAT --to-destination 10.0.0.1:80-90/100', 'DNAT', 2, 'toDestination: a base port (behind a slash) needs DNAT of revision 2'],
  ['-p tcp -m conntrack --ctorigsrcport 80', 'conntrack', 1],
  ['-p tcp -m conntrack --ctorigsrcport 80:90', 'conntrack', 3, 'ctorigsrcport: this kernel takes one port alone, no range'],
  ['-m conntrack --ctstate NEW,DNAT', 'conntrack', 1],
  ['-m conntrack --ctstate UNTRACKED', 'conntrack', 2, 'ctstate: 256 is not a whole number from 0 to 255'],
  ['-m hashlimit --hashlimit-upto 5/sec --hashlimit-mode srcip --hashlimit-name a --hashlimit-srcmask 24', 'hashlimit', 1],
  ['-m hashlimit --hashlimit-above 1kb/s --hashlimit-name a', 'hashlimit', 1],
  ['-m hashlimit --hashlimit-upto 20000/sec --hashlimit-burst 5 --hashlimit-name a', 'hashlimit', 2, 'hashlimitUpto: rate too fast: at most 10000/sec'],
  ['-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 100000 --hashlimit-name a', 'hashlimit', 2, "hashlimitBurst: '100000' is not a burst from 1 to 10000"],
  ['-m hashlimit --hashlimit-upto 5/sec --hashlimit-name sixteen-letters-', 'hashlimit', 2, 'hashlimitName: 16 bytes long, at most 15 fit'],
  ['-m hashlimit --hashlimit-upto 5/sec --hashlimit-name a --hashlimit-rate-match', 'hashlimit', 3, `hashlimitRateMatch: ${UNKNOWN}`],
  ['-m cgroup --cgroup 5', 'cgroup', 0],
  ['-m cgroup --path system.slice', 'cgroup', 1, 'path: revision 0, which this kernel has, knows no paths'],
  ['-m bpf --bytecode "1,6 0 0 1"', 'bpf', 0],
  ['-m bpf --object-pinned /sys/fs/bpf/a', 'bpf', 1, 'objectPinned: revision 0, which this kernel has, does not know pinned programs'],
  ['-j NFQUEUE --queue-num 5', 'NFQUEUE', 0],
  ['-j NFQUEUE --queue-balance 0:3', 'NFQUEUE', 1, `queueBalance: ${UNKNOWN}`],
  ['-j NFQUEUE --queue-num 5 --queue-bypass', 'NFQUEUE', 2, `queueBypass: ${UNKNOWN}`],
  ['-m addrtype ! --src-type LOCAL', 'addrtype', 0],
  ['-m addrtype --src-type LOCAL --limit-iface-in', 'addrtype', 1, `limitIfaceIn: ${UNKNOWN}`],
  ['-m recent --update --seconds 5 --name a --rsource', 'recent', 0],
  ['-m recent --update --name a --mask 255.255.0.0 --rsource', 'recent', 1, "mask: revision 0, which this kernel has, does not know '--mask'"],
  ['-j CT --timeout a', 'CT', 1, "timeout: revision 0, which this kernel has, does not know '--timeout'"],
  ['-j IDLETIMER --timeout 5 --label a --alarm', 'IDLETIMER', 1, "alarm: revision 0, which this kernel has, does not know '--alarm'"],
  ['-m socket --transparent', 'socket', 1, `transparent: ${UNKNOWN}`],
  ['-m socket --nowildcard', 'socket', 2, `nowildcard: ${UNKNOWN}`],
  ['-m socket --restore-skmark', 'socket', 3, `restoreSkmark: ${UNKNOWN}`],
  ['-m srh --srh-next-hdr 6', 'srh', 0, undefined, 'ip6'],
  ['-m srh --srh-psid a::1', 'srh', 1, "srhPsid: revision 0, which this kernel has, does not know '--srh-psid'", 'ip6'],
]

const sets = ['other', 'ban']

describe('a rule for a kernel that has older revisions', () => {
  test.each(ROWS.map((row) => [row[0], row] as const))('%s', (text, [, name, oldest, refusal, family = 'ip']) => {
    const rule = parseRule(text, { family })
    const tried: number[] = []
    const at = (revision: number) => encodeEntry(rule, {
      family, sets,
      revision(extension: Extension) {
        const has = Object.keys(extension.revisions).map(Number)
        if (extension.name !== name) return Math.max(...has)
        tried.splice(0, tried.length, ...has)
        return revision
      },
    })
    const newest = formatRule(decodeEntry(at(oldest), { family, sets }), { family })
    expect(newest).toBe(formatRule(rule, { family }))
    for (const revision of tried.filter((one) => one > oldest)) expect(formatRule(decodeEntry(at(revision), { family, sets }), { family })).toBe(newest)
    const older = tried.filter((one) => one < oldest)
    expect(older.length > 0).toBe(refusal !== undefined)
    for (const revision of older) {
      const { path, reason } = inputErrorOf(() => at(revision))
      expect(`${path}: ${reason}`).toBe(`${name === name.toUpperCase() ? 'target' : 'matches[0]'}.${refusal}`)
    }
  })

  test('names no set that there is none of', () => {
    expect(() => encodeEntry(parseRule('-m set --match-set nothing src'), { sets })).toThrow(InputError)
    expect(inputErrorOf(() => encodeEntry(parseRule('-m set --match-set nothing src'), { sets }))).toEqual({ path: 'matches[0].matchSet', reason: "there is no set 'nothing'" })
    expect(inputErrorOf(() => encodeEntry(parseRule('-m set --match-set ban src')))).toEqual({
      path: 'matches[0].matchSet', reason: "the kernel knows set 'ban' by an index: give the names of the sets",
    })
  })
})
