import { spawnSync } from 'node:child_process'
import { relative } from 'node:path'
import { defaultTables, Origin, Rule, Zone } from '../../../../src/iptc/builder/index.js'
import { builtModule, scriptFile } from '../../../support/build.js'

/** An Origin whose stack V8 would print so. */
function originOf(stack: unknown): Origin {
  const before = Error.prepareStackTrace
  Error.prepareStackTrace = () => stack
  try {
    const origin = new Origin()
    void origin.line
    return origin
  } finally {
    Error.prepareStackTrace = before
  }
}

const at = (...frames: string[]) => ['Error', ...frames.map((frame) => `    at ${frame}`)].join('\n')

test.each([
  ['a function of a module', at('main (file:///srv/a%20b/shop.js:3:7)'), '/srv/a b/shop.js:3 main'],
  ['a module itself', at('file:///srv/shop.js:3:7'), '/srv/shop.js:3'],
  ['a file of CommonJS', at('Object.<anonymous> (/srv/shop.js:3:7)'), '/srv/shop.js:3'],
  ['a path with brackets', at('main (/srv/a (b)/shop.js:3:7)'), '/srv/a (b)/shop.js:3 main'],
  ['a path with brackets, outside of functions', at('/srv/a (b)/shop.js:3:7'), '/srv/a (b)/shop.js:3'],
  ['a constructor', at('new Shop (/srv/shop.js:3:7)'), '/srv/shop.js:3 new Shop'],
  ['an asynchronous function', at('async Shop.open (/srv/shop.js:3:7)'), '/srv/shop.js:3 Shop.open'],
  ['a method by another name', at('Shop.open [as go] (/srv/shop.js:3:7)'), '/srv/shop.js:3 Shop.open'],
  ['what native code and Node.js have called', at('Array.map (<anonymous>)', 'Script.run (node:vm:1:2)', 'native', 'web (/srv/shop.js:3:7)'), '/srv/shop.js:3 web'],
  ['what eval has called', at('eval (eval at f (/srv/x.js:1:1), <anonymous>:1:1)', 'web (/srv/shop.js:3:7)'), '/srv/shop.js:3 web'],
  ['no stack at all', undefined, 'unknown place'],
  ['a stack that a program keeps as a list', [{}], 'unknown place'],
  ['nothing but Node.js', at('node:internal/x:1:2'), 'unknown place'],
])('the place is found of %s', (_, stack, place) => {
  expect(String(originOf(stack))).toBe(place)
})

test('a path below the working directory is told from there', () => {
  const cwd = process.cwd()
  expect(originOf(at(`main (${cwd}/rules/a.js:1:2)`)).file).toBe('rules/a.js')
  expect(originOf(at(`main (${cwd}/..rules.js:1:2)`)).file).toBe('..rules.js')
  expect(originOf(at('main (/elsewhere/a.js:1:2)')).file).toBe('/elsewhere/a.js')
})

test('everything says where it was made: here', () => {
  const here = relative(process.cwd(), __filename)
  const make = () => Rule({ jump: 'DROP' })
  for (const one of [make().origin, make()({ p: 'tcp' }).origin, new Zone('a', 'b').origin, defaultTables().origin, defaultTables().filter.origin, defaultTables().filter.INPUT.origin]) {
    expect(one.file).toBe(here)
    expect(one.line).toBeGreaterThan(40)
  }
})

test('Error.stackTraceLimit stays as it is', () => {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  expect(Rule({}).origin.line).toBeGreaterThan(0)
  expect(Error.stackTraceLimit).toBe(0)
  Error.stackTraceLimit = before
})

test('in a module, as published', () => {
  const script = scriptFile(`import { Rule } from '${builtModule('iptc/builder/index.js')}'
const SSH = Rule({ proto: 'tcp' })
function web() {
  return SSH({ jump: 'DROP' })
}
console.log([SSH, web(), ...[1].map(() => new Rule())].map((rule) => rule.debugInfo()).join('|'))
`)
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', cwd: '/' })
  const file = relative('/', script)
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe(`${file}:2|${file}:4 web|${file}:6`)
})
