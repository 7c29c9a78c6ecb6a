import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Script } from './script.mjs'

/** A reporter of jest that writes what of each source ran in jest's own processes, to jest.json: characters by file of src. */
export default class CoverageReporter {
  #src
  #scripts = new Map()

  constructor({ rootDir }) {
    this.#src = join(rootDir, 'src')
  }

  onTestResult(_test, { v8Coverage = [] }) {
    for (const { codeTransformResult, result } of v8Coverage) {
      if (!codeTransformResult || !result.url.startsWith(`${this.#src}/`)) continue
      if (!this.#scripts.has(result.url)) {
        const { mappings } = JSON.parse(readFileSync(codeTransformResult.sourceMapPath, 'utf8'))
        this.#scripts.set(result.url, new Script(codeTransformResult.code.split('\n').map(({ length }) => length), mappings))
      }
      this.#scripts.get(result.url).add(result.functions)
    }
  }

  onRunComplete() {
    const ran = [...this.#scripts].map(([path, script]) => [relative(this.#src, path), [...script.ranIn(readFileSync(path, 'utf8'))]])
    writeFileSync(join(process.env.COVERAGE_FOLDER, 'jest.json'), JSON.stringify(Object.fromEntries(ran)))
  }
}
