import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** What a piece of code prints that uses the parts of scripts/coverage.mjs, as JSON. */
function printed<T>(code: string): T {
  const folder = join(__dirname, '../../scripts/covered')
  const imports = `import { Script } from ${JSON.stringify(join(folder, 'script.mjs'))}
    import { countable } from ${JSON.stringify(join(folder, 'source.mjs'))}
    import { tableOfRooms } from ${JSON.stringify(join(folder, 'rooms.mjs'))}`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', `${imports}\nprocess.stdout.write(JSON.stringify((() => { ${code} })()))`], { encoding: 'utf8' }))
}

const SOURCE = `#!/usr/bin/env node
import { one } from './one.js'

/** What é is: words that do not run. */
export interface Shape {
  readonly size: number
}

// Nothing runs here either.
export function f(a: number, b?: string): string {
  if (a > 1) return 'é'
  else if (b) {
    one(b as string)
  }
  for (const x of [a]) one(x)
  switch (a) {
    case 0: return 'zero'
    default:
  }
  try {
    return b ?? (a ? 'yes' : 'no')
  } catch {
    return a && b || ''
  }
}
`

describe('what npm run coverage counts', () => {
  test('are the lines that hold code, and what runs under a condition or when it is called', () => {
    const { lines, branches } = printed<{ lines: number[]; branches: [number, number][] }>(`return countable(${JSON.stringify(SOURCE)})`)
    expect(lines.map((row) => SOURCE.split('\n')[row]?.trim())).toEqual([
      'export function f(a: number, b?: string): string {', "if (a > 1) return 'é'", 'else if (b) {', 'one(b as string)', 'for (const x of [a]) one(x)', 'switch (a) {',
      "case 0: return 'zero'", 'default:', 'try {', "return b ?? (a ? 'yes' : 'no')", '} catch {', "return a && b || ''",
    ])
    const texts = branches.map(([start, end]) => SOURCE.slice(start, end).split('\n')[0])
    expect(texts).toEqual(['{', "return 'é'", 'if (b) {', '{', 'one(x)', "return 'zero'", "(a ? 'yes' : 'no')", "'yes'", "'no'", '{', "''", 'b'])
  })

  test('has run when it did in one of the processes', () => {
    // Two lines, each the other one of the source: 'b()' stands first in the compiled file.
    const code = `const script = new Script([3, 3], 'AACA;AADA')
      const text = 'a()\\nb()'
      const before = [...script.ranIn(text)]
      script.add([{ ranges: [{ startOffset: 0, endOffset: 7, count: 1 }, { startOffset: 4, endOffset: 7, count: 0 }] }])
      const one = [...script.ranIn(text)]
      script.add([{ ranges: [{ startOffset: 0, endOffset: 7, count: 0 }] }, { ranges: [{ startOffset: 4, endOffset: 7, count: 2 }] }])
      return [before, one, [...script.ranIn(text)]]`
    expect(printed(code)).toEqual([[], [4], [4, 0]])
  })

  test('is told by the innermost room', () => {
    const file = (name: string) => `{ file: '${name}', lines: { ran: 9, all: 10 }, branches: { ran: 1, all: 4 } }`
    const table = printed<string>(`return tableOfRooms([${file('netlink/header.ts')}, ${file('netlink/wire/text.ts')}, ${file('netlink/remote/frame.ts')}])`).split('\n')
    expect(table.filter((row) => /^\| (netlink|netlink\/wire|iptc|all) /.test(row))).toEqual([
      '| netlink | 90.0 % | 2 of 20 | 25.0 % | 6 of 8 |', '| netlink/wire | 90.0 % | 1 of 10 | 25.0 % | 3 of 4 |',
      '| iptc | – | 0 of 0 | – | 0 of 0 |', '| all | 90.0 % | 3 of 30 | 25.0 % | 9 of 12 |',
    ])
  })
})
