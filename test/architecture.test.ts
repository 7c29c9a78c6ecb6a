import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const SRC = resolve(__dirname, '../src')

interface Import {
  /** As it is written. */
  readonly what: string
  /** The file it means, from src; undefined for packages. */
  readonly file: string | undefined
}

interface Source {
  /** Path from src. */
  readonly path: string
  readonly text: string
  /** The text with comments blanked out. */
  readonly code: string
  readonly imports: readonly Import[]
}

/** Blanks out comments, and leaves text in quotes alone. */
function withoutComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g
  return text.replace(token, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found))
}

function importsOf(path: string, code: string): Import[] {
  const found = [...code.matchAll(/\bfrom\s+'([^']+)'|\bimport\s*\(\s*'([^']+)'\s*\)|^\s*import\s+'([^']+)'/gm)]
  return found.map(([, from, dynamic, bare]) => {
    const what = (from ?? dynamic ?? bare) as string
    const file = what.startsWith('.')
      ? relative(SRC, join(SRC, dirname(path), what)).replace(/\.js$/, '.ts')
      : undefined
    return { what, file }
  })
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8')
    const code = withoutComments(text)
    return { path, text, code, imports: importsOf(path, code) }
  })

/** The room of a file: its folder in src, `wire` apart from the rest of netlink; '' for those of no room. */
function roomOf(path: string): string {
  if (path.startsWith('netlink/wire/')) return 'wire'
  return path.includes('/') ? (path.split('/')[0] as string) : ''
}

/** What each room may import, besides itself. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  netlink: ['wire'],
  ipset: ['netlink', 'wire'],
  xtables: ['netlink', 'wire'],
  wiset: ['ipset', 'netlink', 'wire'],
  iptc: ['ipset', 'xtables', 'netlink', 'wire'],
  cli: ['wiset', 'iptc', 'ipset', 'xtables', 'netlink', 'wire', ''],
  testing: ['netlink', 'wire'],
  '': ['wiset', 'iptc', 'ipset', 'xtables', 'netlink'],
}

/** Places in src that break a rule, a line each; a test expects none. */
function violations(check: (source: Source) => Iterable<string>): string[] {
  return sources.flatMap((source) => [...check(source)].map((text) => `${source.path}: ${text}`))
}

/** Lines of a file whose code holds `pattern`. */
function* linesWith({ code }: Source, pattern: RegExp): Generator<string> {
  for (const [index, line] of code.split('\n').entries()) if (pattern.test(line)) yield `${index + 1}: ${line.trim()}`
}

test('the sources are found', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(sources.find(({ path }) => path === 'ipset/index.ts')?.imports.length).toBeGreaterThan(5)
})

describe('imports', () => {
  test('go downward only', () => {
    expect(
      violations(function* ({ path, imports }) {
        const room = roomOf(path)
        for (const { what, file } of imports) {
          if (file === undefined || roomOf(file) === room) continue
          if (!BELOW[room]?.includes(roomOf(file))) yield `imports ${what}`
        }
      }),
    ).toEqual([])
  })

  test('enter another room through its index, the codecs of netlink/wire apart', () => {
    expect(
      violations(function* ({ path, imports }) {
        for (const { what, file } of imports) {
          if (file === undefined || roomOf(file) === roomOf(path) || roomOf(file) === 'wire' || roomOf(file) === '')
            continue
          // A folder that package.json exports is a room of its own for those outside.
          if (!['index.ts', 'daemon/index.ts'].includes(file.slice(roomOf(file).length + 1))) yield `imports ${what}`
        }
      }),
    ).toEqual([])
  })

  test('name files that are there', () => {
    const paths = new Set(sources.map(({ path }) => path))
    expect(
      violations(function* ({ imports }) {
        for (const { what, file } of imports) if (file !== undefined && !paths.has(file)) yield `imports ${what}`
      }),
    ).toEqual([])
  })

  test('of koffi, netlink and zod stand in one place each', () => {
    const packages: Record<string, string[]> = {}
    for (const { path, imports } of sources) {
      for (const { what, file } of imports) {
        if (file !== undefined || what.startsWith('node:')) continue
        packages[what] = [...(packages[what] ?? []), path]
      }
    }
    const users = Object.fromEntries(Object.entries(packages).map(([what, paths]) => [what, [...new Set(paths)]]))
    expect(users).toEqual({
      koffi: ['netlink/libc.ts'],
      netlink: ['netlink/socket/loop.ts'],
      'zod/mini': ['ipset/schema.ts', 'iptc/daemon/policy-schema.ts', 'xtables/remote/schema.ts'],
    })
  })

  test('of packages cost nothing until they are used: types, or import()', () => {
    expect(
      violations(function* (source) {
        yield* linesWith(source, /^\s*import\s+(?!type\b)[^(]*from\s+'(koffi|netlink|zod)/)
      }),
    ).toEqual([])
  })

  test('make no circle, those of types apart', () => {
    const edges = new Map(
      sources.map(({ path, code }) => {
        const values = code.replace(/\b(import|export)\s+type\b[^']*'[^']*'/g, '').replace(/import\s*\(/g, '(')
        return [path, importsOf(path, values).flatMap(({ file }) => file ?? [])]
      }),
    )
    const circles: string[] = []
    const done = new Set<string>()
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      if (trail.includes(path) || done.has(path)) return
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
    for (const path of edges.keys()) visit(path, [])
    expect(circles).toEqual([])
  })
})

/** Words that give a room away, and the rooms that may use them. */
const WORDS: readonly { readonly words: string; readonly pattern: RegExp; readonly rooms: readonly string[] }[] = [
  {
    words: 'views on bytes and their order',
    pattern: /\bDataView\b|[eE]ndian|\b(get|set)(Big)?(Ui|I)nt\d+\b|\b(read|write)(Big)?U?Int\d*[BL]E\b/,
    rooms: ['wire'],
  },
  { words: 'attribute headers', pattern: /\bNLA_|\bNLMSGERR_/, rooms: ['wire', 'netlink'] },
  // A command is a row: its number with its header flags. So far down they are needed, and no further up.
  {
    words: 'netlink',
    pattern: /\bNLM_|\bNLMSG\b|\bNFNL_|\bNfGenMsg\b/,
    rooms: ['netlink', 'ipset', 'xtables', 'testing'],
  },
  { words: 'ipset', pattern: /\bIPSET_/, rooms: ['ipset'] },
  { words: 'xtables', pattern: /\b(ipt|ip6t|xt)_\w|\b(IPT|IP6T|XT|NFT)_/, rooms: ['xtables'] },
]

/** Places that may use words of another room all the same, and why. */
const JUSTIFIED: Readonly<Record<string, string>> = {
  'netlink/libc.ts': 'the count of an eventfd is a system call’s own value, not one of a message',
  'xtables/matches/set.ts': 'what a member means is said by the names of ip_set.h, which xt_set.h takes its values from',
  'xtables/targets/SET.ts': 'the same',
}

describe('a line knows its room by its words', () => {
  test.each(WORDS)('$words', ({ pattern, rooms }) => {
    expect(
      violations(function* (source) {
        if (rooms.includes(roomOf(source.path)) || source.path in JUSTIFIED) return
        yield* linesWith(source, pattern)
      }),
    ).toEqual([])
  })

  test('and what is excused still needs it', () => {
    const needless = Object.keys(JUSTIFIED).filter((path) => {
      const source = sources.find((one) => one.path === path)
      return (
        !source ||
        !WORDS.some(({ pattern, rooms }) => !rooms.includes(roomOf(path)) && !linesWith(source, pattern).next().done)
      )
    })
    expect(needless).toEqual([])
  })
})

describe('style', () => {
  test('a file has at most 250 lines', () => {
    expect(
      violations(function* ({ text }) {
        const lines = text.trimEnd().split('\n').length
        if (lines > 250) yield `${lines} lines`
      }),
    ).toEqual([])
  })

  test.each([
    ['default exports', /\bexport\s+default\b|\bas\s+default\b/],
    ['enum', /^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s/],
    ['namespaces', /^\s*(export\s+)?namespace\s/],
    ['debugging', /\bconsole\.|\bdebugger\b/],
    ['require', /\brequire\(/],
    ['names that begin with I and say no more', /\b(interface|type)\s+I[A-Z][a-z]/],
  ])('there are no %s', (_, pattern) => {
    expect(violations((source) => linesWith(source, pattern))).toEqual([])
  })

  test('nothing is left to be done later', () => {
    expect(sources.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('no file is called utils', () => {
    expect(
      sources.filter(({ path }) => /(^|\/)(utils?|helpers?|misc|common)(\/|\.ts$)/.test(path)).map(({ path }) => path),
    ).toEqual(['wiset/helpers.ts', 'xtables/matches/helper.ts'])
  })
})
