import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { extensionsPage } from '../../scripts/extensions-page.js'
import { setTypesPage } from '../../scripts/set-types-page.js'
import { CREATE_OPTIONS } from '../../src/ipset/create.js'
import { ENTRY_OPTIONS } from '../../src/ipset/option.js'
import { SET_TYPES } from '../../src/ipset/type.js'
import type { Extension } from '../../src/xtables/extension.js'
import { MATCHES } from '../../src/xtables/matches/index.js'
import { rows } from '../../src/xtables/row.js'
import { TARGETS } from '../../src/xtables/targets/index.js'
import { BASE_OPTIONS } from '../../src/xtables/text/base.js'

const page = (name: string) => readFileSync(join(__dirname, '../../docs/reference', name), 'utf8')

describe('docs/reference/set-types.md', () => {
  const committed = page('set-types.md')

  test("is what 'npm run reference' makes of the sources", () => {
    expect(committed).toBe(setTypesPage(SET_TYPES, CREATE_OPTIONS, ENTRY_OPTIONS))
  })

  test.each([...SET_TYPES.values()])('says which entries $name takes', (type) => {
    const section = committed.split(`\n## ${type.name}\n`)[1]?.split('\n## ')[0] ?? ''
    for (const { word } of type.dimensions) expect(section).toMatch(new RegExp(`^- ${word}: \``, 'm'))
    for (const option of [...type.create.keys(), ...type.entry.keys()]) expect(section).toContain(`\`${option}\``)
  })
})

describe('docs/reference/extensions.md', () => {
  const committed = page('extensions.md')
  const extensions: readonly Extension[] = [...MATCHES, ...TARGETS]
  const headings = [...committed.matchAll(/^#{2,3} (.*)$/gm)].map(([, title]) => title as string)
  /** What GitHub makes of a heading. */
  const anchors = headings.map((title) => title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'))

  /** The sections of a name: one, or one for each family. */
  const sectionOf = ({ type, name, families }: Extension): string => {
    const alone = committed.split(`\n### ${type} ${name}\n`)[1]
    const family = families?.[0] === 'ip6' ? 'IPv6' : 'IPv4'
    return (alone ?? committed.split(`\n### ${type} ${name} (${family})\n`)[1] ?? '').split('\n### ')[0] as string
  }

  test("is what 'npm run reference' makes of the sources", () => {
    expect(committed).toBe(extensionsPage(MATCHES, TARGETS, rows, BASE_OPTIONS))
  })

  test('has no two sections of one name, and every link leads to one', () => {
    expect(anchors.filter((name, index) => anchors.indexOf(name) !== index)).toEqual([])
    const links = [...committed.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor as string)
    expect(links.length).toBeGreaterThan(extensions.length)
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([])
  })

  test.each(extensions)('says all of $type $name', (extension) => {
    const section = sectionOf(extension)
    expect(section).toContain(extension.doc)
    for (const row of rows(extension).values()) {
      expect(section).toContain(`\n| \`${row.key}\` | `)
      for (const flag of row.flags) expect(section).toContain(`\`${flag}`)
    }
    for (const [revision, { name, members }] of Object.entries(extension.revisions)) {
      expect(section).toMatch(new RegExp(`<code>struct ${name}</code>, revisions? (\\d+ and )*${revision}\\b`))
      for (const { kernel } of Object.values(members)) expect(section).toContain(` | \`${kernel}\` | `)
    }
  })

  test.each(extensions)('shows a value for every option of $type $name', (extension) => {
    const options = [...sectionOf(extension).matchAll(/^\| `(\w+)` \| .* \| (.*) \| .* \| .* \|$/gm)]
    expect(options.length).toBe(rows(extension).size)
    expect(options.filter(([, , value]) => !value).map(([, key]) => key)).toEqual([])
  })
})
