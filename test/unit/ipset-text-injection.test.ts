// Nothing that is kept in a set can become a line of a saved ruleset, nor an option in it.
import fc from 'fast-check'
import { InputError } from '../../src/index.js'
import type { Entry } from '../../src/ipset/attributes.js'
import type { SetHeader } from '../../src/ipset/header.js'
import { environment, readCommandLine, splitWords } from '../../src/ipset/index.js'
import type { RawChunk } from '../../src/ipset/listing.js'
import { assignOptions } from '../../src/ipset/option.js'
import { readEntryWords } from '../../src/ipset/text/options.js'
import { print } from '../../src/ipset/text/print.js'
import { demandType } from '../../src/ipset/type.js'

const TYPE = demandType('hash:net,iface')
const WITH = 16 | 64 // IPSET_FLAG_WITH_COMMENT, IPSET_FLAG_WITH_SKBINFO
const HEADER = { family: 'inet', revision: 8, counters: false, comment: true, skbinfo: true, forceadd: false } as const

/** What `save` prints of a set that the kernel lists so. */
async function save(name: string, entries: readonly Entry[], type = TYPE): Promise<string> {
  const header: SetHeader = { ...HEADER, name, type: type.name }
  async function* chunks(): AsyncGenerator<RawChunk, void, undefined> {
    yield { header, type, entries, first: true, data: { flags: WITH } }
  }
  let text = ''
  for await (const piece of print(chunks(), { output: 'save' })) text += piece
  return text
}

/** The words of each line; the text ends in a line break. */
function wordsOf(text: string): string[][] {
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => splitWords(line).map((word) => word.text))
}

const PIECES = [
  '"',
  '\n',
  '\r',
  '\\',
  ' ',
  '\t',
  '\v',
  'add s 1.1.1.1',
  '#',
  '-',
  '-exist',
  '-f',
  'x',
  '\x85',
  '\u2028',
]

/** Anything another program may have put into the kernel: all but a NUL, and never nothing. */
const hostile = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...PIECES)).map((parts) => parts.join('')),
  )
  .map((text) => text.replaceAll('\0', ''))
  .filter((text) => text !== '')

test('whatever the name of a set, its interfaces and comments are, they stay in their words', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, async (name, iface, comment) => {
      const text = await save(name, [
        { ip: '10.0.0.0', cidr: 8, iface, comment },
        { ip: '10.0.0.1', iface: 'lo' },
      ])
      const saved = expect.any(String)
      const lines = wordsOf(text)
      expect(lines).toEqual([
        ['create', saved, 'hash:net,iface', 'family', 'inet', 'comment', 'skbinfo'],
        ['add', saved, expect.stringMatching(/^10\.0\.0\.0\/8,/), 'comment', saved],
        ['add', saved, '10.0.0.1,lo'],
      ])
      expect(new Set(lines.map((words) => words[1])).size).toBe(1)
    }),
    { numRuns: 1000 },
  )
})

test('nor do the members of a list leave theirs', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (member) => {
      const lines = wordsOf(await save('s', [{ name: member }, { name: 'other' }], demandType('list:set')))
      expect(lines.slice(1)).toEqual([
        ['add', 's', expect.any(String)],
        ['add', 's', 'other'],
      ])
    }),
  )
})

test.each(['-exist', '-!', '--quiet', '#x'])('a set that others have named %s is read as that name, in each line and as a member of a list', async (name) => {
  const texts = [await save(name, [{ ip: '10.0.0.1', iface: 'lo' }]), await save('s', [{ name }], demandType('list:set'))]
  const read = texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => readCommandLine(splitWords(line), environment()))
  expect(read.map(({ command, operands }) => [command, ...operands.map(({ text }) => text)])).toEqual([
    ['create', name, 'hash:net,iface'],
    ['add', name, '10.0.0.1,lo'],
    ['create', 's', 'list:set'],
    ['add', 's', name],
  ])
})

describe('a comment is refused, or comes back as it was:', () => {
  /** The comment of an entry after it was saved and read as `restore` reads it; undefined when it was refused. */
  async function restored(comment: string): Promise<string | undefined> {
    const entry: Entry = { ip: '10.0.0.1', iface: 'lo' }
    try {
      assignOptions(entry, { comment, skbmark: 1 })
    } catch (error) {
      if (InputError.is(error)) return undefined
      throw error
    }
    const line = (await save('s', [entry])).split('\n')[1]!
    const { command, operands, rest } = readCommandLine(splitWords(line), environment())
    expect([command, operands[0]!.text]).toEqual(['add', 's'])
    const reading = { family: 'inet', purpose: 'add', lenient: true } as const
    const read = readEntryWords(TYPE, operands[1]!, rest, reading)
    expect(read).toEqual(entry)
    return read.comment
  }

  test('any', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (comment) => expect([undefined, comment]).toContain(await restored(comment))),
      { numRuns: 1000 },
    )
  })

  test.each(['-exist', '-n', '--quiet', '-o', '-f', '-!', '--file', 'comment'])('%s', async (comment) => {
    expect(await restored(comment)).toBe(comment)
  })

  test.each(['tab\tstop', 'bell\x07', 'escape\x1b[0m', 'del\x7f'])('%j', async (comment) => {
    expect([undefined, comment]).toContain(await restored(comment))
  })

  test.each(['"', '\n', 'a" comment "b', 'x"\nadd s 1.1.1.1'])('%j is refused', async (comment) => {
    expect(await restored(comment)).toBeUndefined()
  })
})
