// What an editor shows when a user points at a name of the package: printed as JSON, from the compiler that editors use. Its interface
// is for ES modules alone, which tests are not.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isCallExpression, isFunctionLikeDeclaration, isIdentifier, isThrowStatement, isTryStatement } from 'typescript/unstable/ast'
import { API, SymbolFlags } from 'typescript/unstable/sync'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

const api = new API({ cwd: root })
const config = `${root}tsconfig.esm.json`
const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
const { program, checker } = project

const origin = (symbol) => (symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
/** The functions that a name stands for: declared as such, or as a value. */
const functionsOf = (symbol) =>
  symbol.declarations
    .map((handle) => handle.resolve(project))
    .map((node) => (node?.initializer && isFunctionLikeDeclaration(node.initializer) ? node.initializer : node))
    .filter((node) => node !== undefined && isFunctionLikeDeclaration(node))
const fileOf = (symbol) => symbol.declarations[0]?.path.slice(root.length) ?? ''
const inSources = (symbol) => symbol.declarations[0]?.path.startsWith(`${root}src/`)

/** The text of the docstring, and its tags. */
const hover = (symbol) => [checker.getDocumentationCommentOfSymbol(symbol), ...checker.getJsDocTagsOfSymbol(symbol).map(({ name, text }) => `@${name} ${text ?? ''}`)].join('\n').trim()

const seen = new Map()

/** Whether a function may throw by itself, or by a function of this package that it calls: outside of `try`. */
function throws(node) {
  if (seen.has(node)) return seen.get(node)
  seen.set(node, false)
  let found = false
  const visit = (child) => {
    if (found || isTryStatement(child) || isFunctionLikeDeclaration(child)) return
    if (isThrowStatement(child)) found = true
    else if (isCallExpression(child) && isIdentifier(child.expression)) {
      const called = checker.getSymbolAtLocation(child.expression)
      if (called && inSources(origin(called))) found = functionsOf(origin(called)).some(throws)
    }
    if (!found) child.forEachChild(visit)
  }
  node.forEachChild(visit)
  seen.set(node, found)
  return found
}

const NO_THROW = /^(never$|(Promise|AsyncIterable|AsyncGenerator|AsyncIterableIterator)<)/

/** What can be called under a name: whether it throws, and whether it gives a promise (or never comes back) instead of a value. */
function callOf(symbol) {
  const functions = functionsOf(symbol)
  if (functions.length === 0) return undefined
  const results = checker.getSignaturesOfType(checker.getTypeOfSymbol(symbol), 0).map((signature) => checker.typeToString(checker.getReturnTypeOfSignature(signature)))
  return { throws: functions.some(throws), promise: results.length > 0 && results.every((text) => NO_THROW.test(text)) }
}

function membersOf(symbol) {
  if (!(symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface))) return []
  return checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    .filter((member) => inSources(member) && !/^(__|#)/.test(member.name))
    .map((member) => ({ name: member.name, file: fileOf(member), doc: hover(member), call: callOf(member) }))
}

const rooms = Object.keys(exports).filter((name) => name !== './package.json').map((name) => name.slice(2))
const found = rooms.map((room) => {
  const index = program.getSourceFile(`${root}src/${room === '' ? '' : `${room}/`}index.ts`)
  const names = checker.getExportsOfModule(checker.getSymbolAtLocation(index)).map((alias) => {
    const symbol = origin(alias)
    return { name: alias.name, file: fileOf(symbol), doc: hover(symbol), call: callOf(symbol), members: membersOf(symbol) }
  })
  return { room, names }
})
process.stdout.write(JSON.stringify(found))
api.close()
