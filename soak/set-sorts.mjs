// What sets are made of in the soak, and how an entry is written in one line.

const hex = (n) => n.toString(16).toUpperCase().padStart(2, '0')

/** Sorts of sets: how one is made, and entries of it as the kernel prints them. */
export const SORTS = [
  { stype: 'hash:ip', entry: (r) => `10.0.${r.below(4)}.${r.below(64)}` },
  { stype: 'hash:ip', comment: true, counters: true, entry: (r) => `10.1.0.${r.below(200)}` },
  { stype: 'hash:ip', timeout: 100_000, entry: (r) => `10.2.0.${r.below(100)}` },
  { stype: 'hash:net', entry: (r) => (r.once(2) ? `10.${r.below(30)}.${r.below(5)}.0/24` : `10.${r.below(30)}.0.0/16`) },
  { stype: 'hash:net', family: 'inet6', entry: (r) => `2001:db8:${(1 + r.below(200)).toString(16)}::/48` },
  { stype: 'hash:ip,port', entry: (r) => `10.3.0.${r.below(30)},${r.pick(['tcp', 'udp'])}:${1 + r.below(9)}` },
  { stype: 'hash:net,iface', entry: (r) => `10.4.${r.below(40)}.0/24,eth${r.below(4)}` },
  { stype: 'hash:mac', entry: (r) => `02:00:00:00:00:${hex(r.below(100))}` },
  { stype: 'bitmap:ip', range: '10.5.0.0/16', entry: (r) => `10.5.0.${r.below(200)}` },
  { stype: 'bitmap:port', range: '1-1000', entry: (r) => `${1 + r.below(200)}` },
  { stype: 'list:set', size: 32 },
]

/** An entry and what is kept with it, in one line. */
export const lineOf = (entry, { comment, packets, bytes }) =>
  [
    entry,
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
    ...(packets === undefined ? [] : [`packets ${packets} bytes ${bytes}`]),
  ].join(' ')

/** An entry as the ipset tool saves it, in the form of `lineOf`. */
export function theirLine(text) {
  const [entry] = text.split(' ')
  const comment = /comment "([^"]*)"/.exec(text)?.[1]
  const [, packets, bytes] = /packets (\d+) bytes (\d+)/.exec(text) ?? []
  return lineOf(entry, { comment, packets, bytes })
}
