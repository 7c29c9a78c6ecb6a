import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTypesPage } from '../../scripts/set-types-page.js'
import { CREATE_OPTIONS } from '../../src/ipset/create.js'
import { ENTRY_OPTIONS } from '../../src/ipset/option.js'
import { SET_TYPES } from '../../src/ipset/type.js'

const committed = readFileSync(join(__dirname, '../../docs/reference/set-types.md'), 'utf8')

describe('docs/reference/set-types.md', () => {
  test("is what 'npm run reference' makes of the sources", () => {
    expect(committed).toBe(setTypesPage(SET_TYPES, CREATE_OPTIONS, ENTRY_OPTIONS))
  })

  test.each([...SET_TYPES.values()])('says which entries $name takes', (type) => {
    const section = committed.split(`\n## ${type.name}\n`)[1]?.split('\n## ')[0] ?? ''
    for (const { word } of type.dimensions) expect(section).toMatch(new RegExp(`^- ${word}: \``, 'm'))
    for (const option of [...type.create.keys(), ...type.entry.keys()]) expect(section).toContain(`\`${option}\``)
  })
})
