import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../src/version.js'

const root = join(__dirname, '../..')
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

describe('package.json', () => {
  const { version, exports, bin } = read('package.json')

  test('has the version that the command prints', () => {
    expect(version).toBe(VERSION)
  })

  test('exports modules that are in src, types first, ESM and CommonJS', () => {
    const rooms = Object.entries<Record<string, Record<string, string>>>(exports).filter(([name]) => name !== './package.json')
    expect(rooms.map(([name]) => name)).toEqual(['.', './netlink', './ipset', './wiset', './xtables', './iptc', './iptc/builder', './iptc/daemon', './testing'])
    for (const [name, conditions] of rooms) {
      const module = name === '.' ? 'index' : `${name.slice(2)}/index`
      expect(existsSync(join(root, 'src', `${module}.ts`))).toBe(true)
      const files = (form: string) => [['types', `./dist/${form}/${module}.d.ts`], ['default', `./dist/${form}/${module}.js`]]
      expect(Object.entries(conditions).map(([way, targets]) => [way, Object.entries(targets)])).toEqual([['import', files('esm')], ['require', files('cjs')]])
    }
  })

  test('has a command that can be run', () => {
    const source = readFileSync(join(root, bin.nfkit.replace('dist/esm', 'src').replace(/js$/, 'ts')), 'utf8')
    expect(source).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})

describe('package-lock.json', () => {
  const { packages } = read('package-lock.json') as { packages: Record<string, { version?: string; resolved?: string; optionalDependencies?: object }> }

  test('names no registry', () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([])
  })

  // Written on one machine, a lock may lack what other platforms install; `npm ci` then refuses it everywhere.
  test('has every optional package of every platform', () => {
    const names = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')))
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    expect(wanted.length).toBeGreaterThan(50)
    expect(wanted.filter((name) => !names.has(name))).toEqual([])
  })
})
