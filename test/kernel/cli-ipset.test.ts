import { SET_TYPES } from '../../src/ipset/index.js'
import { describeKernel } from '../support/kernel.js'
import { nfkit } from '../support/served.js'
import { removeAllSets } from '../support/sets.js'

/** Runs `nfkit ipset`; its exit code and what it wrote. */
async function ipset(args: string, input?: string): Promise<readonly [code: number | null, output: string, errors: string]> {
  const { code, output, errors } = await nfkit(['ipset', ...args.split(' ')], input === undefined ? {} : { input })
  return [code, output, errors]
}

describeKernel('the ipset command', () => {
  afterEach(removeAllSets)

  test('says its version, as the tool whose arguments it takes', async () => {
    expect(await ipset('version')).toEqual([0, 'ipset v7.17, protocol version: 7\n', ''])
  })

  test('help lists every type of set, and help of a type its options', async () => {
    const [code, output] = await ipset('help')
    expect(code).toBe(0)
    expect([...SET_TYPES.keys()].filter((name) => !output.includes(`    ${name} `))).toEqual([])
    expect(await ipset('help hash:net,iface')).toEqual([0, expect.stringMatching(/^add {4}SETNAME NET,IFACE \[option\.\.\.\]\n(?: {15}\w+\n)* {15}wildcard\n/m), ''])
    expect((await ipset('help hash:mac'))[1]).toMatch(/Type hash:mac is family neutral\.\n$/)
    expect((await ipset('help bitmap:ip'))[1]).toMatch(/Type bitmap:ip supports family inet only\.\n$/)
    expect((await ipset('help hash:ip'))[1]).toMatch(/Type hash:ip supports inet and inet6\.\n$/)
  })

  test.each([
    ['help hash:nothing', "ipset v7.17: Unknown settype: `hash:nothing'\n"],
    ['restore more', 'ipset v7.17: Unknown argument more\n'],
    ['-q', ''],
    ['-exist', 'ipset v7.17: No command specified.\n'],
    ['-exist bogus', 'ipset v7.17: No command specified: unknown argument bogus\n'],
  ])('%s is a wrong command line', async (args, said) => {
    expect(await ipset(args)).toEqual([2, '', said && `${said}Try \`ipset help' for more information.\n`])
  })

  test('at the prompt each line is a command, and an error ends nothing', async () => {
    const lines = ['create ban hash:ip comment', '', '# a remark', 'add ban 10.0.0.1 comment "one of them"', 'add ban 10.0.0.1', 'add nothing 10.0.0.1',
      'add ban "10', '-exist', 'version', 'help hash:mac', 'restore', 'test ban 10.0.0.1', 'save', 'quit', 'destroy ban']
    const [code, output, errors] = await ipset('-', `${lines.join('\n')}\n`)
    expect(code).toBe(0)
    expect(output.split('ipset> ')[13]).toMatch(/^create ban hash:ip .*comment.*\nadd ban 10\.0\.0\.1 comment "one of them"\n$/)
    expect(output).toContain('ipset> No command specified\nipset> ipset v7.17, protocol version: 7\nipset> ')
    expect(output).toContain('Restore command is not supported in interactive mode\n')
    expect(errors).toContain("Element cannot be added to the set: it's already added")
    expect(errors).toContain('The set with the given name does not exist')
    expect(errors.match(/^ipset v7\.17: /gm)).toHaveLength(3)
    expect((await ipset('list -n'))[1]).toBe('ban\n')
  })

  test('the prompt ends with its input', async () => {
    expect(await ipset('-', 'create ban hash:ip')).toEqual([0, 'ipset> ipset> ', ''])
    expect((await ipset('list -n'))[1]).toBe('ban\n')
  })

  test('names of hosts are taken, and given back where they are asked for', async () => {
    await ipset('create ban hash:ip,port,net')
    expect(await ipset('add ban localhost,tcp:80,[localhost]/32')).toEqual([0, '', ''])
    expect((await ipset('save ban'))[1]).toContain('add ban 127.0.0.1,tcp:80,127.0.0.1\n')
    expect((await ipset('save -r ban'))[1]).toMatch(/^add ban \[?localhost[\w.-]*\]?,tcp:(80|http),\[?localhost[\w.-]*\]?$/m)
    const [code, , errors] = await ipset('add ban nobody.invalid,tcp:80,10.0.0.1')
    expect([code, errors]).toEqual([1, 'ipset v7.17: Syntax error: cannot parse nobody.invalid: resolving to IPv4 address failed\n'])
  })

  test('sets as JSON: numbers are numbers, and what is there without a value is true', async () => {
    await ipset('restore', 'create ban hash:net timeout 600 counters comment\ncreate other hash:ip\nadd ban 10.0.0.0/8 timeout 0 comment "a \\\\ b" nomatch\n')
    const [code, output] = await ipset('list -o json')
    expect(code).toBe(0)
    expect(JSON.parse(output)).toEqual([
      expect.objectContaining({
        name: 'ban', type: 'hash:net',
        header: expect.objectContaining({ family: 'inet', timeout: 600, counters: true, comment: true, numentries: 1 }),
        members: [{ elem: '10.0.0.0/8', timeout: 0, packets: 0, bytes: 0, nomatch: true, comment: 'a \\\\ b' }],
      }),
      expect.objectContaining({ name: 'other', members: [] }),
    ])
    const [terse] = JSON.parse((await ipset('list -t -o json ban'))[1])
    expect(Object.keys(terse)).toEqual(['name', 'type', 'revision', 'header'])
  })

  test('a saved file that fails names its line', async () => {
    expect(await ipset('restore', 'create ban hash:ip\nadd ban 10.0.0.1\nadd ban nonsense:\n')).toEqual([
      1, '', expect.stringMatching(/^ipset v7\.17: Error in line 3: /),
    ])
  })
})
