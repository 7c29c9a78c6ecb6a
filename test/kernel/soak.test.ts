import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { builtLibrary } from '../support/build.js'
import { describeOracle } from '../support/kernel.js'

describeOracle('iptables-nft', 'npm run soak', () => {
  test('finds no difference from its model in some seconds, and nothing that has grown', () => {
    const run = resolve(__dirname, '../../soak/run.mjs')
    const { status, stdout, stderr } = spawnSync(process.execPath, [run, '--seconds', '12', '--built', builtLibrary()], {
      encoding: 'utf8',
      timeout: 80_000,
      killSignal: 'SIGKILL',
      env: { ...process.env },
    })
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^no differences, nothing has grown$/m)
    // Everybody has had a turn, rivals too.
    for (const who of ['ipset', 'xtables, nft', 'iptc easy, nft', 'rival: iptables-nft', 'rival: ipset']) {
      expect(stdout).toMatch(new RegExp(`^${who} +[1-9]`, 'm'))
    }
  }, 90_000)
})
