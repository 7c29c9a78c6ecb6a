import { type Changes, parseRule, type Xtables } from '../../../src/xtables/index.js'
import { type Conversation, handles, nft, recorded } from '../../support/nft-tables.js'
import { describeNft, FAMILIES, ownLock } from '../../support/xtables.js'

ownLock()

const COUNT = 1000
const rule = (port: number) => parseRule(`-p tcp --dport ${port} -j web`)
const line = (port: number) => `-A INPUT -p tcp -m tcp --dport ${port} -j web`
const PORTS = Array.from({ length: COUNT }, (_, i) => i + 1)
const NEW = 9999

/** Ports with those of some places taken out, or others put in. */
const without = (ports: readonly number[], ...gone: number[]) => ports.filter((port) => !gone.includes(port))

/** What is done, what is sent for it beside questions, whether rules are read for it, and the ports of INPUT then. */
const CHANGES: readonly [string, (tx: Changes) => void, Readonly<Record<string, number>>, 'reads' | 'reads nothing', readonly number[]][] = [
  ['append', (tx) => tx.append('filter', 'INPUT', rule(NEW)), { newRule: 1 }, 'reads nothing', [...PORTS, NEW]],
  ['insert in front', (tx) => tx.insert('filter', 'INPUT', rule(NEW)), { newRule: 1 }, 'reads nothing', [NEW, ...PORTS]],
  [
    'insert in front and append, several',
    (tx) => {
      tx.insert('filter', 'INPUT', rule(NEW))
      tx.append('filter', 'INPUT', rule(NEW + 1))
      tx.insert('filter', 'INPUT', rule(NEW + 2))
      tx.append('filter', 'INPUT', rule(NEW + 3))
    },
    { newRule: 4 },
    'reads nothing',
    [NEW + 2, NEW, ...PORTS, NEW + 1, NEW + 3],
  ],
  ['insert in the middle', (tx) => tx.insert('filter', 'INPUT', rule(NEW), 500), { newRule: 1 }, 'reads', [...PORTS.slice(0, 499), NEW, ...PORTS.slice(499)]],
  ['insert before the last', (tx) => tx.insert('filter', 'INPUT', rule(NEW), COUNT), { newRule: 1 }, 'reads', [...PORTS.slice(0, -1), NEW, COUNT]],
  [
    'insert several in the middle',
    (tx) => {
      for (const i of [1, 2, 3]) tx.insert('filter', 'INPUT', rule(NEW + i), 500 + i)
    },
    { newRule: 3 },
    'reads',
    [...PORTS.slice(0, 500), NEW + 1, NEW + 2, NEW + 3, ...PORTS.slice(500)],
  ],
  ['delete by number', (tx) => tx.delete('filter', 'INPUT', 500), { deleteRule: 1 }, 'reads', without(PORTS, 500)],
  ['delete by rule', (tx) => tx.delete('filter', 'INPUT', rule(777)), { deleteRule: 1 }, 'reads', without(PORTS, 777)],
  ['replace', (tx) => tx.replace('filter', 'INPUT', 500, rule(NEW)), { newRule: 1, deleteRule: 1 }, 'reads', PORTS.map((port) => (port === 500 ? NEW : port))],
  ['append and delete again', (tx) => {
    tx.append('filter', 'INPUT', rule(NEW))
    tx.delete('filter', 'INPUT', rule(NEW))
  }, {}, 'reads', PORTS],
  ['replaceChain by the same', (tx) => tx.replaceChain('filter', 'INPUT', PORTS.map(rule)), {}, 'reads', PORTS],
  [
    'replaceChain with one rule more',
    (tx) => tx.replaceChain('filter', 'INPUT', [...PORTS.slice(0, 300), NEW, ...PORTS.slice(300)].map(rule)),
    { newRule: 1 },
    'reads',
    [...PORTS.slice(0, 300), NEW, ...PORTS.slice(300)],
  ],
  [
    'replaceChain with one rule changed',
    (tx) => tx.replaceChain('filter', 'INPUT', PORTS.map((port) => rule(port === 300 ? NEW : port))),
    { newRule: 1, deleteRule: 1 },
    'reads',
    PORTS.map((port) => (port === 300 ? NEW : port)),
  ],
  [
    'the first rule to the end: the longest common row stays',
    (tx) => tx.replaceChain('filter', 'INPUT', [...PORTS.slice(1), 1].map(rule)),
    { newRule: 1, deleteRule: 1 },
    'reads',
    [...PORTS.slice(1), 1],
  ],
  [
    'two halves change places: the longer one stays',
    (tx) => tx.replaceChain('filter', 'INPUT', [...PORTS.slice(400), ...PORTS.slice(0, 400)].map(rule)),
    { newRule: 400, deleteRule: 400 },
    'reads',
    [...PORTS.slice(400), ...PORTS.slice(0, 400)],
  ],
  [
    'ten neighbours turn round: one of them stays',
    (tx) => tx.replaceChain('filter', 'INPUT', [...PORTS.slice(0, 490), ...PORTS.slice(490, 500).reverse(), ...PORTS.slice(500)].map(rule)),
    { newRule: 9, deleteRule: 9 },
    'reads',
    [...PORTS.slice(0, 490), ...PORTS.slice(490, 500).reverse(), ...PORTS.slice(500)],
  ],
  ['zero of a rule', (tx) => tx.zero('filter', 'INPUT', 500), { newRule: 1 }, 'reads', PORTS],
  ['renameChain, rules that jump to it stay', (tx) => tx.renameChain('filter', 'web', 'www'), { newChain: 1 }, 'reads', PORTS],
  ['newChain', (tx) => tx.newChain('filter', 'more'), { newChain: 1 }, 'reads nothing', PORTS],
  ['setPolicy', (tx) => tx.setPolicy('filter', 'INPUT', 'DROP'), { newChain: 1 }, 'reads nothing', PORTS],
  ['setPolicy to what it is', (tx) => tx.setPolicy('filter', 'INPUT', 'ACCEPT'), {}, 'reads nothing', PORTS],
  ['flush of another chain', (tx) => tx.flush('filter', 'web'), { deleteRule: 1 }, 'reads', PORTS],
  ['flush', (tx) => tx.flush('filter', 'INPUT'), { deleteRule: 1 }, 'reads', []],
  ['restore without flushing', (tx) => tx.restore(`*filter\n${line(NEW)}\nCOMMIT\n`, { noflush: true }), { newRule: 1 }, 'reads nothing', [...PORTS, NEW]],
  ['nothing', () => {}, {}, 'reads nothing', PORTS],
]

describeNft(`a change of a chain of ${COUNT} rules`, (tables) => {
  let [xt, said]: [Xtables, Conversation] | [] = []

  beforeAll(async () => {
    ;({ xt, said } = await recorded())
  })
  afterAll(() => xt?.close())

  describe.each(FAMILIES)('of family %s', (family) => {
    beforeEach(async () => {
      nft('flush', 'ruleset')
      await tables.load(family, [
        ':INPUT ACCEPT [0:0]',
        ':web - [0:0]',
        ...PORTS.map((port) => (port === 500 ? `[5:50] ${line(port)}` : `[0:0] ${line(port)}`)),
        '[0:0] -A web -p udp -j RETURN',
      ])
      said?.counts()
    })

    const portsOf = (lines: readonly string[]) => lines.filter((one) => one.startsWith('-A INPUT')).map((one) => Number(/--dport (\d+)/.exec(one)?.[1]))

    test.each(CHANGES)('sends what has changed and no more: %s', async (what, change, sent, reading, ports) => {
      const before = new Map((await handles(family, 'INPUT')).map((handle, i) => [i + 1, handle]))
      expect(before.size).toBe(COUNT)
      await xt?.transaction((tx) => change(tx[family]))
      const { getRule = 0, getTable, getChain, getGeneration, ...rest } = said?.counts() ?? {}
      expect(rest).toEqual(Object.keys(sent).length > 0 ? { batch: 1, ...sent } : {})
      expect(getRule > 0 ? 'reads' : 'reads nothing').toBe(reading)
      expect(portsOf(tables.savedRules(family))).toEqual(ports)
      // Rules that are the same ones have their handles and counters still; one that is zeroed is replaced in its place.
      const zeroed = what === 'zero of a rule'
      const after = await handles(family, 'INPUT')
      const anew = ports.filter((port, i) => before.get(port) !== after[i])
      expect(anew).toHaveLength(zeroed ? 0 : (sent.newRule ?? 0))
      if (ports.includes(500)) expect(tables.saved(family).some((one) => one.startsWith('[5:50]'))).toBe(!zeroed)
    })

    test('asks for chains once, and for the generation twice', async () => {
      await xt?.transaction((tx) => {
        for (const port of [NEW, NEW + 1]) tx[family].append('filter', 'INPUT', rule(port))
      })
      expect(said?.counts()).toEqual({ getGeneration: 2, getChain: 1, batch: 1, newRule: 2 })
    })

    test('knows rules by their handles, as nft lists them', async () => {
      await xt?.transaction(({ [family]: tx }) => {
        tx.insert('filter', 'INPUT', rule(NEW), 500)
        tx.delete('filter', 'INPUT', rule(1))
      })
      const listed = nft('-a', 'list', 'chain', family, 'filter', 'INPUT').matchAll(/tcp dport (\d+) .*# handle (\d+)$/gm)
      const byPort = new Map(Array.from(listed, ([, port, handle]) => [Number(port), BigInt(handle as string)]))
      expect([...byPort.keys()]).toEqual([...PORTS.slice(1, 499), NEW, ...PORTS.slice(499)])
      expect([...byPort.values()]).toEqual(await handles(family, 'INPUT'))
    })
  })

  test('of both families, of several tables, goes out as one batch', async () => {
    nft('flush', 'ruleset')
    said?.counts()
    await xt?.transaction((tx) => {
      for (const family of FAMILIES) {
        tx[family].append('raw', 'OUTPUT', parseRule('-p tcp'))
        tx[family].append('mangle', 'OUTPUT', parseRule('-p tcp'))
      }
    })
    expect(said?.counts()).toMatchObject({ batch: 1, newTable: 4, newChain: 4, newRule: 4 })
  })
})
