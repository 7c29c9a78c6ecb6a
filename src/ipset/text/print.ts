import type { Entry } from '../attributes.js'
import { CREATE_OPTIONS } from '../create.js'
import { printElement } from '../element.js'
import type { SetHeader } from '../header.js'
import type { RawChunk } from '../listing.js'
import { ENTRY_OPTIONS, type EntryOptions } from '../option.js'
import type { SetType } from '../type.js'
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
      yield form.beginSet(header, headerItems(header, type, chunk.data!), terse, sets++ === 0)
    }
    const sort = sorted === true && type.group === 'hash'
    let text = ''
    for (const one of chunk.entries) {
      const entry = rewrite ? await rewrite(one) : one
      const line = form.member(printElement(type, entry), entryItems(entry, type))
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

const OPTIONLESS: readonly Item[] = []

/** The options of an entry in the order of its type. */
function entryItems(entry: Entry, type: SetType): readonly Item[] {
  let items: Item[] | undefined
  for (const name of type.entry.keys()) {
    const text = ENTRY_OPTIONS[name as keyof EntryOptions].print?.(entry)
    if (text !== undefined) (items ??= []).push([name, text === '' ? undefined : text])
  }
  return items ?? OPTIONLESS
}
