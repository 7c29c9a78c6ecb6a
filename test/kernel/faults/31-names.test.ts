import { IPSet } from '../../../src/index.js'
import { COMMAND } from '../../../src/ipset/command.js'
import { Session } from '../../../src/ipset/session.js'
import { describeKernel, describeOracle, run } from '../../support/kernel.js'
import { rejection } from '../../support/rejection.js'
import { describedIn, entriesIn, removeAllSets } from '../../support/sets.js'

/** Names that the kernel takes and that mean something to those who read text. */
const NAMES = [
  'x'.repeat(31),
  'ä'.repeat(15),
  '日本語',
  'a b',
  ' ',
  ' a',
  'a ',
  '#comment',
  "it's",
  'a;b',
  '$(id)',
  '`id`',
  '\\',
  '\\n',
  'a\\',
  '*',
  'COMMIT',
  'quit',
  'add',
  'create',
  '-',
  '--',
  '-exist',
  '-!',
  '-f',
  '--file',
  'a,b',
  'a:b',
  'a/b',
  '0',
  '%s',
  '<a>',
  '&amp;',
  'ß',
]
/** Comments likewise; the kernel keeps up to 255 bytes. */
const COMMENTS = [
  '',
  ' ',
  'x'.repeat(255),
  'ä'.repeat(127),
  "it's",
  '\\',
  'a\\',
  '#',
  '; id',
  '$(id)',
  'timeout 5',
  '%n',
  '<&>',
  '\t',
  'two  blanks',
  ' padded ',
  '日本語 😀',
]

async function savedText(ipset: IPSet): Promise<string> {
  let all = ''
  for await (const text of ipset.save()) all += text
  return all
}

describeKernel('31. names and comments that mean something elsewhere', () => {
  beforeEach(removeAllSets)

  test.each(NAMES.map((name) => [name]))('the name %j goes through every call, and through text', async (name) => {
    await using ipset = new IPSet()
    await ipset.create(name)
    await ipset.add(name, '10.0.0.1')
    expect(await ipset.names()).toEqual([name])
    expect((await ipset.headers(name)).type).toBe('hash:ip')
    const saved = await savedText(ipset)
    await ipset.rename(name, 'other')
    await ipset.rename('other', name)
    await ipset.destroy(name)
    await ipset.restore(saved)
    expect(await ipset.names()).toEqual([name])
    expect(await entriesIn(ipset, name)).toEqual(['10.0.0.1'])
    await ipset.destroy(name)
  })

  test.each(COMMENTS.map((comment) => [comment]))(
    'the comment %j comes back, from the kernel and from text',
    async (comment) => {
      await using ipset = new IPSet()
      await ipset.create('ban', { comment: true })
      await ipset.add('ban', '10.0.0.1', { comment })
      const before = await describedIn(ipset, 'ban')
      expect(before[0]?.comment ?? '').toBe(comment)
      const saved = await savedText(ipset)
      await ipset.destroy('ban')
      await ipset.restore(saved)
      expect(await describedIn(ipset, 'ban')).toEqual(before)
    },
  )

  test('one byte more than fits is refused before the kernel sees it', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { comment: true })
    expect(await rejection(ipset.create('x'.repeat(32)))).toMatchObject({ code: 'ERR_INPUT' })
    expect(await rejection(ipset.create(`${'ä'.repeat(15)}xx`))).toMatchObject({ code: 'ERR_INPUT' })
    expect(await rejection(ipset.add('ban', '10.0.0.1', { comment: 'x'.repeat(256) }))).toMatchObject({
      code: 'ERR_INPUT',
      path: 'options.comment',
    })
    expect(await rejection(ipset.add('ban', '10.0.0.1', { comment: 'ä'.repeat(128) }))).toMatchObject({
      code: 'ERR_INPUT',
      path: 'options.comment',
    })
  })

  /** Comments that a program without scruples puts into the kernel, past all checks of this library. */
  async function putEvil(comments: readonly string[]): Promise<void> {
    const session = await Session.open({})
    for (const [i, comment] of comments.entries()) {
      const data = { ip: `10.0.0.${i}`, comment }
      await session.entry(COMMAND.add, { name: 'ban', data }, { command: 'add' })
    }
    session.connection.close()
  }
  const evil = [
    'x"\nadd victim 10.9.9.9',
    '"\n\nadd victim 10.9.9.8\n"',
    '\u2028add victim 10.9.9.7',
    'x" \\\nflush ban',
    '\x1b[2Jadd victim 10.9.9.6',
    '"',
    '""',
  ]

  test('text that somebody else put into the kernel never becomes a second line', async () => {
    await using ipset = new IPSet()
    await ipset.create('victim')
    await ipset.create('ban', { comment: true })
    await putEvil(evil)
    const saved = await savedText(ipset)
    expect(saved.split('\n').filter((line) => line.startsWith('add victim'))).toEqual([])
    expect(saved.trimEnd().split('\n')).toHaveLength(2 + evil.length)
    await removeAllSets()
    await ipset.restore(saved)
    expect(await entriesIn(ipset, 'victim')).toEqual([])
    expect(await entriesIn(ipset, 'ban')).toHaveLength(evil.length)
  })

  test('what was saved can be restored, whatever stood in the comments', async () => {
    await using ipset = new IPSet()
    await ipset.create('ban', { comment: true })
    await putEvil(['a\rb', '\r', 'a\r\nadd victim 10.9.9.5', '\x7f', '\x01\x02', '\v\f'])
    const saved = await savedText(ipset)
    await removeAllSets()
    await ipset.restore(saved)
    expect(await entriesIn(ipset, 'ban')).toHaveLength(6)
  })
})

describeOracle('ipset', '31. the C tool', () => {
  beforeEach(removeAllSets)

  test('restores what was saved here, whatever the names and comments, and adds nothing of its own', async () => {
    await using ipset = new IPSet()
    // A leading dash is an option to the C tool, wherever it stands; so are its own words in place of a name.
    const names = NAMES.filter((name) => !name.startsWith('-') && name.trim() === name && name !== '')
    for (const name of names) {
      await ipset.create(name, { comment: true })
      for (const [i, comment] of COMMENTS.entries()) await ipset.add(name, `10.0.0.${i}`, { comment })
    }
    const saved = await savedText(ipset)
    await removeAllSets()
    run('ipset', ['restore'], saved)
    expect((await ipset.names()).sort()).toEqual([...names].sort())
    for (const name of names) {
      const comments = (await describedIn(ipset, name)).map(({ entry, comment }) => [entry, comment ?? ''])
      expect(new Map(comments as [string, string][])).toEqual(
        new Map(COMMENTS.map((comment, i) => [`10.0.0.${i}`, comment])),
      )
    }
  })
})
