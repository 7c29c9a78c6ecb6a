import type { Entry } from '../attributes.js'
import { CREATE_OPTIONS } from '../create.js'
import { printElement } from '../element.js'
import type { SetHeader } from '../header.js'
import type { RawChunk } from '../listing.js'
import { ENTRY_OPTIONS, type EntryOptions } from '../option.js'
import { BROUGHT_BY, type SetType } from '../type.js'
import type { OutputForm } from './command-line.js'
import { FORMS } from './forms.js'
import { compareEntries } from './sort.js'

/** A word of a header or an entry with its value; a flag has none. */
export type Item = readonly [word: string, value: string | undefined]

export interface PrintOptions {
  readonly output: OutputForm
  readonly sorted?: boolean | undefined
  /** Without entries. */
  readonly terse?: boolean | undefined
  /** Changes entries before they are printed, such as addresses into names. */
  readonly rewrite?: ((entry: Entry) => Promise<Entry>) | undefined
}

/** Prints sets as they arrive, a piece of text for each datagram. */
export async function* print(chunks: AsyncIterable<RawChunk>, { output, sorted, terse = false, rewrite }: PrintOptions): AsyncGenerator<string, void, undefined> {
  const form = FORMS[output]
  yield form.begin
  let open: SetHeader | undefined
  let printers: readonly Printer[] = []
  let held: string[] = []
  let sets = 0
  let entries = 0
  const close = () => {
    const lines = rewrite ? held.sort() : held.sort(compareEntries)
    const text = lines.map((line, i) => form.entry(open!, line, i === 0)).join('')
    held = []
    return text + form.endSet(terse)
  }
  for await (const chunk of chunks) {
    const { header, type, first } = chunk
    if (first) {
      if (open) yield close()
      open = header
      entries = 0
      printers = printersOf(header, type)
      yield form.beginSet(header, headerItems(header, type, chunk.data!), terse, sets++ === 0)
    }
    const sort = sorted === true && type.group === 'hash'
    let text = ''
    for (const one of chunk.entries) {
      const entry = rewrite ? await rewrite(one) : one
      const line = form.member(printElement(type, entry), entryItems(entry, printers))
      if (sort) held.push(line)
      else text += form.entry(header, line, entries++ === 0)
    }
    if (text !== '') yield text
  }
  if (open) yield close()
  yield form.end
}

/** The create options of a set in the order of its type. */
function headerItems(header: SetHeader, type: SetType, data: NonNullable<RawChunk['data']>): Item[] {
  const items: Item[] = []
  for (const name of type.create.keys()) {
    const text = name === 'family' ? (header.family === 'unspec' ? 'any' : header.family) : CREATE_OPTIONS[name]!.print(data)
    if (text !== undefined) items.push([name, text === '' ? undefined : text])
  }
  return items
}

type Printer = readonly [name: string, print: (entry: Entry) => string | undefined]

/** The options that entries of this set can have, in the order of its type. */
function printersOf(header: SetHeader, type: SetType): Printer[] {
  return [...type.entry.keys()].flatMap((name): Printer[] => {
    const { print } = ENTRY_OPTIONS[name as keyof EntryOptions]
    const by = BROUGHT_BY[name as keyof typeof BROUGHT_BY] as keyof SetHeader | undefined
    const usable = name === 'timeout' ? header.timeout !== undefined : by === undefined || header[by] === true
    return print && usable ? [[name, print]] : []
  })
}

const OPTIONLESS: readonly Item[] = []

function entryItems(entry: Entry, printers: readonly Printer[]): readonly Item[] {
  let items: Item[] | undefined
  for (const [name, print] of printers) {
    const text = print(entry)
    if (text !== undefined) (items ??= []).push([name, text === '' ? undefined : text])
  }
  return items ?? OPTIONLESS
}
