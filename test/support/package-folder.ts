import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { builtLibrary } from './build.js'

const ROOT = resolve(__dirname, '../..')

/** A folder in which this package is installed, as its users have it; removed when the tests of the file are over. */
export function packageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'netfilter-kit-user-'))
  const home = join(folder, 'node_modules/netfilter-kit')
  mkdirSync(join(home, 'dist'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'))
  symlinkSync(builtLibrary(), join(home, 'dist/esm'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
