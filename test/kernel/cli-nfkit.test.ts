import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../src/version.js'
import { describeKernel } from '../support/kernel.js'
import { nfkit, nfkitScript, servedFolder, startNode } from '../support/served.js'

describeKernel('nfkit', () => {
  const { folder } = servedFolder()

  test.each([['help'], ['--help'], ['-h']])('%s shows the commands', async (word) => {
    const { code, output, errors } = await nfkit([word])
    expect([code, errors]).toEqual([0, ''])
    expect(output).toContain('Usage: nfkit COMMAND [ARGUMENT...]\n')
  })

  test('without a command shows them too, and has failed', async () => {
    const { code, output } = await nfkit([])
    expect(code).toBe(2)
    expect(output).toBe((await nfkit(['help'])).output)
  })

  test.each([['version'], ['--version'], ['-v']])('%s is that of the package', async (word) => {
    expect(await nfkit([word])).toMatchObject({ code: 0, output: `nfkit ${VERSION}\n`, errors: '' })
  })

  test.each([['nothing'], ['__proto__'], ['constructor'], ['ipset-nft']])('%s is no command', async (word) => {
    const { code, output, errors } = await nfkit([word])
    expect([code, output]).toEqual([2, ''])
    expect(errors).toMatch(new RegExp(`^nfkit: there is no command '${word}'; there are ipset, .*ip6tables-nft-restore.*\\. Try 'nfkit help'\\.\n$`))
  })

  test('is the command under whose name it was started', async () => {
    const link = join(folder, 'ip6tables-nft-restore')
    symlinkSync(nfkitScript(), link)
    const { child, ended } = startNode([link, '--help'])
    child.stdin?.end()
    expect(await ended).toMatchObject({ code: 0, output: expect.stringMatching(/^Usage: ip6tables-restore /) })
  })
})
