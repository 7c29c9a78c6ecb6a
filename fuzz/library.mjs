// The built library, module by module: the CommonJS form has a file for each file of src/.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** @typedef {(path: string) => Promise<any>} Load loads a module by its path in src/, as `netlink/message.js` */

export const BUILT = fileURLToPath(new URL('../dist/cjs', import.meta.url))

/** A function that loads modules of the library that was built into a folder. */
export function loader(folder) {
  if (!existsSync(join(folder, 'index.js'))) throw new Error(`there is no built library in ${folder}: run 'npm run build' first`)
  return async (path) => {
    const module = await import(pathToFileURL(join(folder, path)).href)
    return module.default ?? module
  }
}
