// Writes docs/reference from the built package: `npm run reference`. A test holds the pages against the sources.
import { mkdirSync, writeFileSync } from 'node:fs'
import { CREATE_OPTIONS } from '../dist/esm/ipset/create.js'
import { ENTRY_OPTIONS } from '../dist/esm/ipset/option.js'
import { SET_TYPES } from '../dist/esm/ipset/type.js'
import { setTypesPage } from './set-types-page.js'

const folder = new URL('../docs/reference/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('set-types.md', folder), setTypesPage(SET_TYPES, CREATE_OPTIONS, ENTRY_OPTIONS))
