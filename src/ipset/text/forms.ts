import type { SetHeader } from '../header.js'
import type { OutputForm } from './command-line.js'
import type { Item } from './print.js'
import { oneLine, quoteWord } from './words.js'

/** One way of printing sets, piece by piece. */
export interface Form {
  readonly begin: string
  beginSet(header: SetHeader, items: readonly Item[], terse: boolean, first: boolean): string
  /** An entry in this form, without what makes it a line of its set: what sorting compares. */
  member(element: string, items: readonly Item[]): string
  entry(header: SetHeader, member: string, first: boolean): string
  endSet(terse: boolean): string
  readonly end: string
}

function words(items: readonly Item[]): string {
  let text = ''
  for (const [word, value] of items) text += value === undefined ? ` ${word}` : ` ${word} ${value}`
  return text
}

/** Counts every set has, by the names the forms give them. */
function facts(header: SetHeader): (readonly [plain: string, xml: string, value: number])[] {
  const rows: (readonly [string, string, number | undefined])[] = [
    ['Size in memory', 'memsize', header.memsize],
    ['References', 'references', header.references],
    ['Number of entries', 'numentries', header.elements],
  ]
  return rows.filter((row): row is readonly [string, string, number] => row[2] !== undefined)
}

/** A comment keeps its quotes, but not what would end its line. */
function safe(items: readonly Item[]): readonly Item[] {
  return items.map((item) => (item[0] === 'comment' && item[1] !== undefined ? ['comment', `"${oneLine(item[1].slice(1, -1))}"`] : item))
}

const plain: Form = {
  begin: '',
  beginSet(header, items, terse, first) {
    const counts = facts(header).map(([name, , value]) => `${name}: ${value}\n`).join('')
    const head = `Name: ${header.name}\nType: ${header.type}\nRevision: ${header.revision}\nHeader:${words(items)}\n${counts}`
    return `${first ? '' : '\n'}${head}${terse ? '' : 'Members:\n'}`
  },
  member: (element, items) => (items.length === 0 ? element : element + words(safe(items))),
  entry: (_header, member) => `${member}\n`,
  endSet: () => '',
  end: '',
}

const save: Form = {
  ...plain,
  beginSet: (header, items) => `create ${quoteWord(header.name)} ${header.type}${words(items)}\n`,
  member: (element, items) => quoteWord(element) + (items.length === 0 ? '' : words(safe(items))),
  entry: (header, member) => `add ${quoteWord(header.name)} ${member}\n`,
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function elements(items: readonly Item[]): string {
  return items.map(([word, value]) => (value === undefined ? `<${word}/>` : `<${word}>${escapeXml(value)}</${word}>`)).join('')
}

const xml: Form = {
  begin: '<ipsets>\n',
  beginSet(header, items, terse) {
    const counts = facts(header).map(([, name, value]) => `<${name}>${value}</${name}>\n`).join('')
    const name = escapeXml(header.name).replace(/"/g, '&quot;')
    const head = `<ipset name="${name}">\n<type>${header.type}</type>\n<revision>${header.revision}</revision>\n<header>${elements(items)}\n`
    return `${head}${counts}</header>\n${terse ? '' : '<members>\n'}`
  },
  member: (element, items) => `${escapeXml(element)}</elem>${elements(items)}`,
  entry: (_header, member) => `<member><elem>${member}</member>\n`,
  endSet: (terse) => (terse ? '</ipset>\n' : '</members>\n</ipset>\n'),
  end: '</ipsets>\n',
}

/** Values that are numbers in JSON; what is written in another base stays text. */
function jsonValue(word: string, value: string | undefined): string {
  if (value === undefined) return 'true'
  if (word === 'comment') return JSON.stringify(value.slice(1, -1))
  return /^(0|[1-9]\d*)$/.test(value) ? value : JSON.stringify(value)
}

function pairs(items: readonly Item[]): string[] {
  return items.map(([word, value]) => `${JSON.stringify(word)} : ${jsonValue(word, value)}`)
}

const json: Form = {
  begin: '[',
  beginSet(header, items, terse, first) {
    const inner = [...pairs(items), ...facts(header).map(([, name, value]) => `"${name}" : ${value}`)].join(',\n      ')
    const head = `"name" : ${JSON.stringify(header.name)},\n    "type" : ${JSON.stringify(header.type)},\n    "revision" : ${header.revision}`
    return `${first ? '' : ','}\n  {\n    ${head},\n    "header" : {\n      ${inner}\n    }${terse ? '' : ',\n    "members" : ['}`
  },
  member: (element, items) => [`"elem" : ${JSON.stringify(element)}`, ...pairs(items)].join(',\n        '),
  entry: (_header, member, first) => `${first ? '' : ','}\n      {\n        ${member}\n      }`,
  endSet: (terse) => (terse ? '\n  }' : '\n    ]\n  }'),
  end: '\n]\n',
}

/** The forms of `-output`. */
export const FORMS: Readonly<Record<OutputForm, Form>> = { plain, save, xml, json }
