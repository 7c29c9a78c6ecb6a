import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { StructCodec } from '../../src/netlink/wire/record.js'
import { STANDARD_SIZE } from '../../src/xtables/entry.js'
import { aligned } from '../../src/xtables/face.js'
import * as layout from '../../src/xtables/layout.js'
import { MATCHES } from '../../src/xtables/matches/index.js'
import { TARGETS } from '../../src/xtables/targets/index.js'
import { installed } from '../support/installed.js'

// What fixtures/xtables/abi.mjs had the C compiler say is compared always, and the compiler is asked again where there
// is one. After a new struct: `UPDATE_ABI=yes npx jest --testPathPatterns xtables-abi` writes what it says.

const SCRIPT = resolve(__dirname, '../../fixtures/xtables/abi.mjs')
const FIXTURE = resolve(__dirname, '../../fixtures/xtables/abi.json')

type Place = readonly [offset: number, size: number]
interface Measured {
  readonly header: string
  readonly size: number | null
  /** null where the struct has no such member. */
  readonly members: Readonly<Record<string, Place | null>>
}
type Answers = Readonly<Record<string, Measured | null>>
type Struct = StructCodec<Record<string, unknown>>

/** Structs that no header has. */
const NO_HEADER: Readonly<Record<string, string>> = {
  int: 'eui64 has data that nobody looks at: an int',
  xt_socket_mtinfo0: 'revision 0 of socket has no data',
  xt_trace_info: 'TRACE has no data',
  ipt_ulog_info: 'its header went with the target, in Linux 3.17',
}

/** Structs in the code that leave out what stands in front of them in C: the header of a target. */
const WITHOUT_HEADER = ['xt_standard_target', 'xt_error_target']

/** Members that take more bytes than in C. */
const LONGER: Readonly<Record<string, string>> = {
  'ipt_get_entries.size': 'with the padding behind it',
  'xt_counters_info.num_counters': 'with the padding behind it',
}

const CONDITIONS = 'src dst smsk dmsk iniface outiface iniface_mask outiface_mask proto tos flags invflags'.split(' ')
const PARTS: Readonly<Record<string, readonly (readonly [part: string, members: readonly string[]])[]>> = {
  ipt_entry: [
    ['ip', CONDITIONS],
    ['counters', ['pcnt', 'bcnt']],
  ],
  ip6t_entry: [
    ['ipv6', CONDITIONS],
    ['counters', ['pcnt', 'bcnt']],
  ],
  xt_entry_match: [['u.user', ['match_size', 'name', 'revision']]],
}

/** What C calls a member of a struct, from the outermost struct on. */
function pathOf(struct: string, member: string): string {
  const part = PARTS[struct]?.find(([, members]) => members.includes(member))?.[0]
  return part === undefined ? member : `${part}.${member}`
}

const structs: readonly Struct[] = [
  ...[...MATCHES, ...TARGETS].flatMap(({ revisions }) => Object.values(revisions) as Struct[]),
  ...Object.values(layout).filter((one): one is never => typeof one === 'object' && 'offsets' in one),
].filter((one, index, all) => all.indexOf(one) === index)

function membersOf({ name, members, offsets, codecs }: Struct): [path: string, place: Place][] {
  return Object.entries(members).map(([key, { kernel }]) => [
    pathOf(name, kernel),
    [offsets[key] as number, codecs[key]?.size as number],
  ])
}

function ask(): Answers {
  const questions: Record<string, string[]> = {}
  for (const struct of structs) {
    const own = membersOf(struct).map(([path]) => path)
    questions[struct.name] = [...new Set([...(questions[struct.name] ?? []), ...own])]
  }
  return JSON.parse(
    execFileSync('node', [SCRIPT, '-'], { input: JSON.stringify(questions), encoding: 'utf8' }),
  ) as Answers
}

if (process.env.UPDATE_ABI === 'yes') {
  const lines = Object.entries(ask()).map(([name, one]) => `  "${name}": ${JSON.stringify(one)}`)
  writeFileSync(FIXTURE, `{\n${lines.join(',\n')}\n}\n`)
}
const committed = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Answers

test('the fixture has every struct of every revision, and no other', () => {
  expect(structs.length).toBeGreaterThan(115)
  expect(Object.keys(committed)).toEqual([...new Set(structs.map(({ name }) => name))].sort())
})

test('every struct is in a header of the kernel, but for those known to be in none', () => {
  expect(Object.keys(committed).filter((name) => committed[name] === null)).toEqual(Object.keys(NO_HEADER).sort())
})

test('every member is in the struct in C under the name that its row gives', () => {
  const missing = structs.flatMap((struct) =>
    membersOf(struct)
      .map(([path]) => [struct.name, path] as const)
      .filter(([name, path]) => committed[name] && !committed[name]?.members[path])
      .map(([name, path]) => `${name}.${path}`),
  )
  expect(missing).toEqual([])
})

const inHeaders = structs.filter(({ name }) => committed[name] && !WITHOUT_HEADER.includes(name))

test.each(inHeaders.map((struct) => [struct.name, struct] as const))(
  'struct %s is laid out as in C',
  (name, struct) => {
    const { size, members } = committed[name] as Measured
    expect({ name, size: struct.size }).toEqual({ name, size })
    for (const [path, place] of membersOf(struct)) {
      const longer = `${name}.${path}` in LONGER
      expect([path, ...(longer ? place.slice(0, 1) : place)]).toEqual([
        path,
        ...(members[path] as Place).slice(0, longer ? 1 : 2),
      ])
    }
  },
)

test('what is longer than in C ends its struct, and takes its padding', () => {
  const found = inHeaders.flatMap((struct) =>
    membersOf(struct)
      .filter(([path, [offset, size]]) => {
        const place = committed[struct.name]?.members[path] as Place
        return size > place[1] && offset + size === struct.size
      })
      .map(([path]) => `${struct.name}.${path}`),
  )
  expect(found.sort()).toEqual(Object.keys(LONGER).sort())
})

test('targets that leave out their header are laid out as in C behind it', () => {
  const front = layout.EXTENSION_HEADER
  for (const struct of [layout.StandardTarget, layout.ErrorTarget]) {
    const { size, members } = committed[struct.name] as Measured
    expect(front + aligned(struct.size)).toBe(size)
    for (const [path, [offset, bytes]] of membersOf(struct as unknown as Struct)) {
      expect([path, front + offset, bytes]).toEqual([path, ...(members[path] as Place)])
    }
  }
  expect(STANDARD_SIZE).toBe(committed.xt_standard_target?.size)
  expect(layout.ExtensionHeader.size).toBe(front)
})

const lacking = !installed('cc')
  ? 'cc is not installed'
  : !existsSync('/usr/include/linux/netfilter/x_tables.h')
    ? "the kernel's headers (linux-libc-dev) are not installed"
    : undefined
if (lacking !== undefined && process.env.CI === 'true') throw new Error(lacking)
const withCompiler = lacking === undefined ? test : test.skip

withCompiler(`the compiler here says what the fixture has${lacking ? ` [skipped: ${lacking}]` : ''}`, () => {
  const places = (answers: Answers) =>
    Object.fromEntries(
      Object.entries(answers).map(([name, one]) => [name, one && { size: one.size, members: one.members }]),
    )
  expect(places(ask())).toEqual(places(committed))
})
