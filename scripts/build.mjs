// Builds both forms of the package into dist: ESM and CommonJS, each with its types. They are made next to dist and put
// in its place at the end, so that a build that fails leaves the last one, and nothing old stays behind.
//
// The ESM modules are then put together, a file for each entry and what they share: node takes most of a millisecond to
// load a module, and there are some eighty (docs/decisions.md has the measurements).
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild-wasm'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const next = `dist.${process.pid}`
// With the sources in the maps, debuggers and stack traces need no src folder in the package.
const compile = (form, ...options) =>
  promisify(execFile)('node_modules/.bin/tsc', ['-p', `tsconfig.${form}.json`, '--outDir', `${next}/${form}`, ...options])

/** What package.json exports, the command, and each command it loads when it is asked for. */
const ENTRIES = [
  'index', 'netlink/index', 'ipset/index', 'wiset/index', 'xtables/index', 'iptc/index', 'iptc/builder/index', 'iptc/daemon/index',
  'testing/index',
  'cli/nfkit', 'cli/ipset', 'cli/iptables', 'cli/iptables-save', 'cli/iptables-restore', 'cli/serve',
]

/** Gives classes back their names: esbuild puts a `_` before that of one that speaks of itself, and people would see it printed. */
function withNames(code) {
  return code.replace(/\bclass _([A-Z]\w*)((?: extends [\w$]+)?)\{/g, 'class _$1$2{static name="$1";')
}

/** Puts the ESM modules together; their types stay a file each. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: ENTRIES.map((name) => `src/${name}.ts`),
    outdir: `${next}/esm`,
    outbase: 'src',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: 'linked',
    minifyWhitespace: true,
    minifySyntax: true,
    // Node prints the line that an error is thrown in, when nobody catches it: one that a terminal can show.
    lineLimit: 140,
    logLevel: 'error',
    write: false,
  })
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, path.endsWith('.js') ? withNames(text) : text)
  }
}

try {
  const results = await Promise.allSettled([compile('esm', '--emitDeclarationOnly'), compile('cjs', '--inlineSources'), bundle()])
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
