// Builds both forms of the package into dist: ESM and CommonJS, each with its types. They are made next to dist and put
// in its place at the end, so that a build that fails leaves the last one, and nothing old stays behind.
import { execFile } from 'node:child_process'
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const next = `dist.${process.pid}`
// With the sources in the maps, debuggers and stack traces need no src folder in the package.
const compile = (form) =>
  promisify(execFile)('node_modules/.bin/tsc', ['-p', `tsconfig.${form}.json`, '--outDir', `${next}/${form}`, '--inlineSources'])

try {
  const results = await Promise.allSettled([compile('esm'), compile('cjs')])
  for (const { reason } of results) if (reason) throw reason
  writeFileSync(`${next}/cjs/package.json`, '{"type":"commonjs"}\n')
  chmodSync(`${next}/esm/cli/nfkit.js`, 0o755)
  rmSync('dist', { recursive: true, force: true })
  renameSync(next, 'dist')
} catch (error) {
  process.stderr.write(`${error.stdout || error.stderr || error.stack}\n`)
  process.exitCode = 1
} finally {
  rmSync(next, { recursive: true, force: true })
}
