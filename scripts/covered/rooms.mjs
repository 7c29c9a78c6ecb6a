const ROOMS = [
  'netlink', 'netlink/wire', 'ipset', 'wiset', 'xtables', 'xtables/matches', 'xtables/targets', 'xtables/legacy', 'xtables/nft', 'xtables/text',
  'xtables/remote', 'iptc', 'iptc/easy', 'iptc/builder', 'iptc/daemon', 'cli', 'testing',
]

/** The innermost room of a file of src; undefined for those of none. */
export function roomOf(file) {
  return ROOMS.findLast((room) => file.startsWith(`${room}/`))
}

const share = ({ ran, all }) => `${all === 0 ? '–' : `${((100 * ran) / all).toFixed(1)} %`} | ${all - ran} of ${all}`

/** The table of rooms in Markdown, of `files` with their counts: `{ file, lines: { ran, all }, branches: { ran, all } }`. */
export function tableOfRooms(files) {
  const row = (name, some) => {
    const sum = (kind) => ({ ran: some.reduce((total, one) => total + one[kind].ran, 0), all: some.reduce((total, one) => total + one[kind].all, 0) })
    return `| ${name} | ${share(sum('lines'))} | ${share(sum('branches'))} |`
  }
  return [
    '| room | lines | not run | branches | not run |', '|---|---:|---:|---:|---:|',
    ...ROOMS.map((room) => row(room, files.filter(({ file }) => roomOf(file) === room))),
    row('all', files),
  ].join('\n')
}
