import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeKernel } from '../support/kernel.js'
import { nfkit } from '../support/served.js'
import { ownLock } from '../support/xtables.js'

ownLock()

/** Runs `nfkit`; its exit code and what it wrote. */
async function run(args: readonly string[], input?: string): Promise<readonly [code: number | null, output: string, errors: string]> {
  const { code, output, errors } = await nfkit(args, input === undefined ? {} : { input })
  return [code, output, errors]
}

describeKernel('the commands of iptables', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'netfilter-kit-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['iptables-nft', '-V', /^iptables v1\.8\.\d+ \(nf_tables\), nfkit \d+\.\d+\.\d+\n$/],
    ['iptables-legacy', '--version', /^iptables v1\.8\.\d+ \(legacy\), nfkit \d+\.\d+\.\d+\n$/],
    ['ip6tables-nft-save', '--version', /^ip6tables-save v1\.8\.\d+ \(nf_tables\), nfkit \d+\.\d+\.\d+\n$/],
    ['iptables-legacy-save', '-V', /^iptables-save v1\.8\.\d+ \(legacy\), nfkit \d+\.\d+\.\d+\n$/],
    ['iptables-nft-restore', '-V', /^iptables-restore v1\.8\.\d+ \(nf_tables\), nfkit \d+\.\d+\.\d+\n$/],
    ['ip6tables-legacy-restore', '--version', /^ip6tables-restore v1\.8\.\d+ \(legacy\), nfkit \d+\.\d+\.\d+\n$/],
  ])('%s %s says the version of the tool it stands for, and where rules go', async (command, option, version) => {
    expect(await run([command, option])).toEqual([0, expect.stringMatching(version), ''])
  })

  test.each(['iptables', 'ip6tables'])('%s-restore -h shows its options', async (command) => {
    expect(await run([`${command}-restore`, '-h'])).toEqual([0, expect.stringMatching(new RegExp(`^Usage: ${command}-restore .*\\[-w secs\\]`)), ''])
  })

  test.each([
    ['a file that is not there', () => [join(folder, 'none')], /can't open .*none: ENOENT/],
    ['a folder', () => [folder], /can't open .*: EISDIR/],
    ['two files', () => ['one', 'other'], /unknown arguments found on commandline/],
    ['a time to wait that is none', () => ['--wait=soon'], /wait seconds not numeric/],
    ['an option there is none of', () => ['--nothing'], /--nothing/],
  ])('restore refuses %s, and changes nothing', async (_, args, said) => {
    const [code, output, errors] = await run(['iptables-nft-restore', ...args()], '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n')
    expect([code, output]).toEqual([1, ''])
    expect(errors).toMatch(said)
    expect(errors).toMatch(/^iptables-restore: .*\nTry 'iptables-restore -h' for more information\.\n$/)
    expect((await run(['iptables-nft', '-S', 'INPUT']))[1]).not.toContain('-A INPUT')
  })

  test('restore reads a file, and save writes one of many rules as it stands in the kernel', async () => {
    const rules = Array.from({ length: 2000 }, (_, i) => `-A INPUT -s 10.0.${i >> 8}.${i & 255}/32 -m comment --comment "rule ${i}" -j ACCEPT`)
    const [file, saved] = [join(folder, 'rules'), join(folder, 'saved')]
    writeFileSync(file, ['*filter', ':INPUT ACCEPT [0:0]', ...rules, 'COMMIT', ''].join('\n'))
    expect(await run(['iptables-nft-restore', file])).toEqual([0, '', ''])
    const [code, output] = await run(['iptables-nft-save'])
    expect(code).toBe(0)
    expect(output.split('\n').filter((line) => line.startsWith('-A'))).toEqual(rules)
    expect(await run(['iptables-nft-save', '-f', saved])).toEqual([0, '', ''])
    const [, listed] = await run(['iptables-nft', '-n', '-L', 'INPUT'])
    expect(listed.split('\n').filter((line) => line.includes('/* rule '))).toHaveLength(2000)
    expect(await run(['iptables-nft', '-F', 'INPUT'])).toEqual([0, '', ''])
    expect(await run(['iptables-nft-restore', saved])).toEqual([0, '', ''])
    expect((await run(['iptables-nft', '-S', 'INPUT']))[1].split('\n')).toHaveLength(2002)
    await run(['iptables-nft', '-F', 'INPUT'])
  })

  test('a built-in chain of nf_tables is deleted only where that lets nothing in or out', async () => {
    await run(['iptables-nft', '-P', 'FORWARD', 'DROP'])
    expect(await run(['iptables-nft', '-X', 'FORWARD'])).toEqual([1, '', expect.stringContaining("chain 'FORWARD' cannot be deleted, its policy is DROP")])
    await run(['iptables-nft', '-P', 'FORWARD', 'ACCEPT'])
    expect(await run(['iptables-nft', '-X', 'FORWARD'])).toEqual([0, '', ''])
  })
})
