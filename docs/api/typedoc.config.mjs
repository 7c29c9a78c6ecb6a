// How the API reference is made: every room that package.json exports is a module of it, beside the README and the guide.
// Types that a room uses and does not export stand under "not exported".
import { readFileSync } from 'node:fs'

const { name, exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const rooms = Object.keys(exports).filter((room) => room !== './package.json')

/** @type {Partial<import('typedoc').TypeDocOptions & { internalModule: string }>} */
const options = {
  name,
  plugin: ['typedoc-plugin-missing-exports', './rooms.mjs'],
  entryPoints: rooms.map((room) => `../../src/${room}/index.ts`),
  tsconfig: 'tsconfig.json',
  out: 'site',
  readme: '../../README.md',
  projectDocuments: ['../guide/**/*.md', '../reference/*.md', '../decisions.md'],
  internalModule: 'not exported',
  excludePrivate: true,
  excludeExternals: true,
  disableSources: true,
  highlightLanguages: ['bash', 'console', 'ini', 'javascript', 'json', 'python', 'typescript'],
  // Pages link to folders of tests, too; a test of the repository holds every link against the files there are.
  validation: { invalidPath: false },
}

export default options
