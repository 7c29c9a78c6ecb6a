// Writes docs/reference from the built package: `npm run reference`. A test holds the pages against the sources. The
// CommonJS form has a file for each module; the ESM form has them put together.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extensionsPage } from './extensions-page.js'
import { setTypesPage } from './set-types-page.js'

const built = createRequire(new URL('../dist/cjs/index.js', import.meta.url))
const { CREATE_OPTIONS } = built('./ipset/create.js')
const { ENTRY_OPTIONS } = built('./ipset/option.js')
const { SET_TYPES } = built('./ipset/type.js')
const { MATCHES } = built('./xtables/matches/index.js')
const { rows } = built('./xtables/row.js')
const { TARGETS } = built('./xtables/targets/index.js')
const { BASE_OPTIONS } = built('./xtables/text/base.js')

const folder = new URL('../docs/reference/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('set-types.md', folder), setTypesPage(SET_TYPES, CREATE_OPTIONS, ENTRY_OPTIONS))
writeFileSync(new URL('extensions.md', folder), extensionsPage(MATCHES, TARGETS, rows, BASE_OPTIONS))
