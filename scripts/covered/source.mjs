import { parseSync, transformSync } from '@swc/core'
import { linesOf, places } from './source-map.mjs'

const OPTIONS = { syntax: 'typescript', target: 'es2022' }
const IMPORTS = ['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration']

/** The parts of a node that run under a condition, again and again, or when they are called. */
function branches(node) {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') return [node.consequent, node.alternate]
  if (node.type === 'BinaryExpression' && ['&&', '||', '??'].includes(node.operator)) return [node.right]
  if (node.type === 'SwitchCase') return node.consequent.slice(0, 1)
  return node.body && !Array.isArray(node.body) ? [node.body] : [] // functions, loops, catch
}

/** What a source is counted by: `lines`, the numbers (from 0) of those with code, and `branches`, [start, end] in characters. */
export function countable(text) {
  // Positions are bytes from a base that only a token tells: so one of a single byte is put in front.
  const bytes = Buffer.from(`;${text.replace(/^#!/, '//')}`)
  const module = parseSync(bytes.toString(), OPTIONS)
  const base = module.body[0].span.start
  const range = ({ start, end }) => [start, end].map((at) => bytes.subarray(0, at - base).toString().length - 1)
  const found = []
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return
    if (node.type?.startsWith('Ts') && !node.expression) return // types; `as` and `!` stand around an expression
    for (const part of branches(node)) {
      const span = part?.span ?? part?.expression?.span
      if (span) found.push(range(span))
    }
    for (const value of Object.values(node)) visit(value)
  }
  visit(module)

  const lines = new Set()
  const { map } = transformSync(text, { jsc: { parser: OPTIONS, target: OPTIONS.target }, sourceMaps: true })
  const rows = text.split('\n')
  for (const [, , row] of places(JSON.parse(map).mappings)) if (/\w/.test(rows[row]) && !/^\s*(?:\/\/|\/?\*)/.test(rows[row])) lines.add(row)
  // Imports run when a file does, and types never.
  const starts = linesOf(text)
  for (const { type, span, declaration } of module.body) {
    if (!IMPORTS.includes(type) && !(declaration?.type ?? type).startsWith('Ts')) continue
    const [start, end] = range(span)
    for (const row of lines) if (starts[row] >= start && starts[row] < end) lines.delete(row)
  }
  return { lines: [...lines].sort((a, b) => a - b), branches: found }
}
