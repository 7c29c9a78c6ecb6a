import { environment, linesOf, readCommandLine, restoreLines, Runner, Session } from '../../src/ipset/index.js'
import { NetfilterError, type Transport } from '../../src/netlink/index.js'
import { commandOf, familyOf, isQuery, messagesIn, plainForm, steps } from './messages.js'
import { bytesOf, FIXTURES, type Fixture, replay } from './replay.js'

/** Carries out the command of a fixture with our code; whether it went well, as the exit code of the tool says. */
async function carryOut({ command, input }: Fixture, transport: Transport): Promise<boolean> {
  const env = environment()
  const session = await Session.open({ transport })
  const runner = new Runner(session, env, { out() {}, note() {} })
  try {
    const line = readCommandLine(
      command.map((text, i) => ({ text, column: i + 1 })),
      env,
    )
    if (line.command === 'version') return true
    if (line.command !== 'restore') return (await runner.run(line)).found
    await restoreLines(runner, linesOf(input!.join('\n')), env)
    return true
  } catch (error) {
    if (!NetfilterError.is(error)) throw error
    return false
  }
}

function title({ setup, command, input, played }: Fixture): string {
  const rest = input
    ? [input[0], `${input.length} lines`]
    : played
      ? [`${played.type} ${played.family}, played`]
      : setup
  return [command.join(' '), ...rest].join(' | ')
}

describe('what we send is what the ipset tool sends', () => {
  test.each(FIXTURES.map((fixture) => [title(fixture), fixture] as const))('%s', async (_, fixture) => {
    const transport = replay(fixture)
    const done = await carryOut(fixture, transport)
    const expected = steps(bytesOf(fixture.sent), 'tool')
    const ours = steps(transport.sent, 'ours')
    expect(ours.map(({ command, message, entries }) => ({ command, message, entries }))).toEqual(
      expected.map(({ command, message, entries }) => ({ command, message, entries })),
    )
    expect(done).toBe(fixture.exit === 0)
  })

  test('the fixtures hold every command, and more than one message of each', () => {
    const names = FIXTURES.flatMap(({ sent }) => steps(bytesOf(sent), 'tool').map(({ command }) => command))
    expect(new Set(names)).toEqual(
      new Set(['CREATE', 'DESTROY', 'FLUSH', 'RENAME', 'SWAP', 'LIST', 'SAVE', 'ADD', 'DEL', 'TEST']),
    )
    for (const name of new Set(names))
      expect([name, names.filter((one) => one === name).length > 2]).toEqual([name, true])
  })
})

describe('the revisions of a type', () => {
  const creations = FIXTURES.filter(({ command }) => command.includes('create') && !command.includes('-exist'))

  test.each(creations.map((fixture) => [title(fixture), fixture] as const))(
    'are asked for with the family of the set: %s',
    async (_, fixture) => {
      const transport = replay(fixture)
      await carryOut(fixture, transport)
      const query = transport.sent.find((one) => commandOf(one) === 'TYPE')!
      const create = transport.sent.find((one) => commandOf(one) === 'CREATE')!
      expect(familyOf(query)).toBe(familyOf(create))
    },
  )
})

describe('the numbers of entries in a batch', () => {
  const restores = FIXTURES.filter(({ input }) => input)

  test.each(restores.map((fixture) => [title(fixture), fixture] as const))('%s', async (_, fixture) => {
    const transport = replay(fixture)
    await carryOut(fixture, transport)
    // The tool numbers entries by their line in the file, we by their place in the operation.
    const lines = fixture.input!.flatMap((line, i) => (/^(add|del) /.test(line) ? [i + 1] : []))
    expect(steps(bytesOf(fixture.sent), 'tool').flatMap(({ linenos }) => linenos)).toEqual(lines)
    for (const message of messagesIn(transport.sent)) {
      const linenos = steps([message], 'ours')[0]?.linenos ?? []
      expect(linenos).toEqual(linenos.map((_line, i) => i + 1))
    }
  })
})

describe('the comparison hides nothing', () => {
  const single = FIXTURES.find(
    ({ command, setup }) => command.join(' ') === 'add s 10.0.0.1,80' && setup[0] === 'create s hash:ip,port',
  )!
  const batch = FIXTURES.find(({ input }) => input?.length === 6)!

  /** Bytes of a message whose change the comparison does not see. */
  function blind(hex: string, sender: 'tool' | 'ours'): number[] {
    const bytes = Buffer.from(hex, 'hex')
    const form = JSON.stringify(steps([bytes], sender))
    return [...bytes.keys()].filter((at) => {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      try {
        return JSON.stringify(steps([changed], sender)) === form
      } catch {
        return false
      }
    })
  }
  const NUMBERS = [8, 9, 10, 11, 12, 13, 14, 15] // nlmsg_seq, nlmsg_pid

  test('of a message of ours: nothing but the sequence and port numbers', () => {
    const ours = plainForm(Buffer.from(single.sent.at(-1)!, 'hex'))
    expect(blind(ours, 'ours')).toEqual(NUMBERS)
  })

  test('of a message of the tool: besides these only padding, which means nothing', () => {
    const hex = single.sent.at(-1)!
    const padding = blind(hex, 'tool').slice(NUMBERS.length)
    // PROTOCOL at 20 and SETNAME at 28 are 5 and 6 bytes long, PORT and PROTO 6 and 5.
    expect(padding).toEqual([25, 26, 27, 34, 35, 58, 59, 65, 66, 67])
  })

  test('of a batch of the tool: besides these only padding', () => {
    expect(blind(batch.sent.at(-1)!, 'tool')).toEqual([...NUMBERS, 25, 26, 27, 34, 35])
  })

  test('an entry that is missing, or moved, is seen', () => {
    const message = Buffer.from(batch.sent.at(-1)!, 'hex')
    const [step] = steps([message], 'tool')
    expect(step!.entries).toHaveLength(5)
    expect(new Set(step!.entries).size).toBe(5)
  })

  test('a query that the tool never sent has no answer', () => {
    const transport = replay(single)
    const query = bytesOf(FIXTURES.find(({ command }) => command[0] === 'create')!.sent).find(
      (one) => isQuery(one) && one.length > 40,
    )!
    expect(() => transport.send(query)).toThrow('the tool sent no such TYPE')
  })
})
