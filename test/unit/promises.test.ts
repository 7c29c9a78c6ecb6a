import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from '@swc/core'

const DOCS = join(__dirname, '../../docs')

interface Tree {
  readonly type?: string
  readonly [key: string]: unknown
}

/** The name at the beginning of what is called: `test` for `test.each([])`. */
function calledName(tree: Tree): string {
  if (tree.type === 'Identifier') return tree.value as string
  const inner = { MemberExpression: 'object', CallExpression: 'callee' }[tree.type ?? '']
  return inner === undefined ? '' : calledName(tree[inner] as Tree)
}

/** A text in the source; what is put into a template is left out. */
function literal(tree: Tree): string | undefined {
  if (tree.type === 'StringLiteral') return tree.value as string
  if (tree.type !== 'TemplateLiteral') return undefined
  return (tree.quasis as { readonly cooked: string }[]).map(({ cooked }) => cooked).join('')
}

const known = new Map<string, ReadonlySet<string>>()

/** The names that a file gives to its tests and their groups, as they stand there: `%s` and all. */
function namesIn(file: string): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = (tree: unknown): void => {
    if (typeof tree !== 'object' || tree === null) return
    const { type, callee, arguments: given } = tree as Tree
    if (type === 'CallExpression' && /^(test|describe|it$)/.test(calledName(callee as Tree))) {
      // Where the groups of an oracle are named, the program stands first.
      for (const { expression } of given as { readonly expression: Tree }[]) {
        const name = literal(expression)
        if (name !== undefined) found.add(name)
      }
    }
    for (const part of Object.values(tree)) walk(part)
  }
  const names = known.get(file) ?? found
  if (names === found) walk(parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'es2022' }).body)
  known.set(file, names)
  return names
}

interface Mention {
  readonly text: string
  readonly file: string
}

/** The links of a page, or of one line of it, to files of tests. */
function mentions(text: string): Mention[] {
  return [...text.matchAll(/\[((?:"(?:\\"|[^"])*")|[^\]"]*)\]\((\.\.\/test\/[^)]*)\)/g)].map(([, label = '', file = '']) => ({ text: label, file: join(DOCS, file) }))
}

const read = (page: string) => readFileSync(join(DOCS, page), 'utf8')
/** A name as the page has it, in quotes. */
const quoted = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('\\"', '"') : undefined)

describe.each(['reliability.md', 'security.md'])('docs/%s', (page) => {
  const all = mentions(read(page))

  test('names files that are there', () => {
    expect(all.length).toBeGreaterThan(40)
    expect(all.filter(({ file }) => !existsSync(file))).toEqual([])
    // None has a form that is not looked at.
    expect(all).toHaveLength(read(page).split('](../test/').length - 1)
  })

  test('names tests that are in them', () => {
    const missing = all.filter(({ text, file }) => {
      const name = quoted(text)
      return name === undefined ? !file.endsWith(`/${text}.test.ts`) : !namesIn(file).has(name)
    })
    expect(missing).toEqual([])
  })
})

describe('docs/reliability.md', () => {
  const rows = read('reliability.md').split('\n').flatMap((line) => {
    const [, number] = /^\| (\d+) \|/.exec(line) ?? []
    return number === undefined ? [] : [{ number: Number(number), files: mentions(line).map(({ file }) => file), cells: line.split(' | ').length }]
  })
  const numbersIn = (file: string) => new Set([...namesIn(file)].flatMap((name) => /^(\d+)\. /.exec(name)?.[1] ?? []).map(Number))

  test('has a row for each of the 42, once, with what happens and its tests', () => {
    expect(rows.map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i + 1))
    for (const { cells, files } of rows) expect([cells, files.length > 0]).toEqual([4, true])
  })

  test.each(rows)('names for $number files that have a test whose name begins with it', ({ number, files }) => {
    expect(files.filter((file) => !numbersIn(file).has(number))).toEqual([])
  })

  test('names every file of these tests, for each number that its tests have', () => {
    for (const folder of ['faults', 'kernel/faults']) {
      for (const name of readdirSync(join(__dirname, '..', folder))) {
        const file = join(__dirname, '..', folder, name)
        const named = rows.filter(({ files }) => files.includes(file)).map(({ number }) => number)
        expect([name, named.sort((a, b) => a - b)]).toEqual([name, [...numbersIn(file)].sort((a, b) => a - b)])
      }
    }
  })
})
