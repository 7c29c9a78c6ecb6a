import { readFileSync, statSync } from 'node:fs'

/** Numbers and their names as a file of the system has them, such as /etc/passwd. */
export interface NameFile {
  /** The number of a name. */
  number(name: string): number | undefined
  /** The name of a number. */
  name(number: number): string | undefined
}

/** What a line of such a file says; undefined for nothing. */
export type NameLine = (line: string) => { readonly name: string; readonly number: number } | undefined

/** The names in a file, read when they are first asked for and again once it changes; none where there is no file. */
export function nameFile(path: string, read: NameLine): NameFile {
  let numbers = new Map<string, number>()
  let names = new Map<number, string>()
  let stamp: string | undefined
  const refresh = () => {
    const now = stampOf(path)
    if (now === stamp) return
    stamp = now
    numbers = new Map()
    names = new Map()
    for (const line of now === '' ? [] : readFileSync(path, 'utf8').split('\n')) {
      const found = read(line)
      if (!found) continue
      // The first of several is the one that counts, as in getpwnam(3).
      if (!numbers.has(found.name)) numbers.set(found.name, found.number)
      if (!names.has(found.number)) names.set(found.number, found.name)
    }
  }
  return {
    number(name) {
      refresh()
      return numbers.get(name)
    },
    name(number) {
      refresh()
      return names.get(number)
    },
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : ''
}

/** `name:password:number:…`, as in /etc/passwd and /etc/group. */
export function accountLine(line: string): ReturnType<NameLine> {
  const [name = '', , digits = ''] = line.split(':')
  return name !== '' && /^\d+$/.test(digits) ? { name, number: Number(digits) } : undefined
}

/** `number name`, as in the files of /etc/iproute2: numbers up to 255, decimal or with 0x. */
export function tableLine(line: string): ReturnType<NameLine> {
  const [, digits, name] = /^\s*(0x[0-9a-f]+|\d+)\s+([^\s#]\S*)/i.exec(line) ?? []
  const number = Number(digits)
  return name !== undefined && number <= 255 ? { name, number } : undefined
}
