import { chmodSync } from 'node:fs'
import { builtLibrary, builtModule, scriptFile } from '../../support/build.js'
import { describeKernel, run } from '../../support/kernel.js'
import { testPowerless } from '../../support/privileged.js'
import { startProgram } from '../../support/served.js'
import { removeAllSets } from '../../support/sets.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()

interface Told {
  readonly name: string
  readonly code: string
  readonly message: string
}

/** Runs pieces of code as such a program; the error of each. */
async function told(program: string, args: readonly string[], pieces: readonly string[]): Promise<(Told | 'done')[]> {
  const script = scriptFile(`import { IPSet, WiSet } from ${JSON.stringify(builtModule())}
    import { openXtables, parseRule } from ${JSON.stringify(builtModule('xtables/index.js'))}
    const told = []
    const attempt = (body) => body().then(() => told.push('done'), ({ name, code, message }) => told.push({ name, code, message }))
    ${pieces.map((piece) => `await attempt(async () => { ${piece} })`).join('\n')}
    process.stdout.write(JSON.stringify(told))`)
  // The one who runs it may be anybody.
  chmodSync(builtLibrary(), 0o755)
  const { child, ended } = startProgram(program, [...args, process.execPath, script])
  child.stdin?.end()
  const { code, output, errors } = await ended
  if (code !== 0) throw new Error(`it ended with ${code}: ${errors}`)
  return JSON.parse(output)
}

const REFUSED = { name: 'TransportError', code: 'ERR_PERMISSION', message: expect.stringMatching(/CAP_NET_ADMIN/) }

describeTables('23. without the right to change the tables of %s', (tables) => {
  testPowerless('is told what is missing, and nothing is changed', async (program, args) => {
    tables.clear('ip')
    tables.tool('ip', '-A', 'INPUT', '-p', 'tcp')
    const before = await tables.raw('ip')
    const transaction = (body: string) => `const xt = await openXtables({ backend: '${tables.backend}' }); await xt.transaction((tx) => { ${body} })`
    // The lock of the legacy tables is a file of root's: who may not open it may not know more.
    process.env.XTABLES_LOCKFILE = `${process.env.XTABLES_LOCKFILE}-${process.pid}`
    const errors = await told(program, args, [
      `const xt = await openXtables({ backend: '${tables.backend}' }); await xt.ip.read('filter')`,
      transaction(`tx.ip.append('filter', 'INPUT', parseRule('-p udp'))`),
      transaction(`tx.ip.flush('filter'); tx.ip6.setPolicy('filter', 'INPUT', 'DROP')`),
    ])
    const lock = { name: 'LockError', code: 'ERR_LOCK', message: expect.stringMatching(/may not be opened: run as root/) }
    const lockless = tables.backend === 'legacy' && args.includes('--reuid=65534')
    expect(errors).toEqual([REFUSED, ...(lockless ? [lock, lock] : [REFUSED, REFUSED])])
    expect(await tables.raw('ip')).toEqual(before)
  })
})

describeKernel('23. without the right to change sets', () => {
  testPowerless('is told what is missing, and nothing is changed', async (program, args) => {
    await removeAllSets()
    run('ipset', ['create', 'ban', 'hash:ip'])
    run('ipset', ['add', 'ban', '192.0.2.1'])
    const before = run('ipset', ['save'])
    const errors = await told(program, args, [
      `await new IPSet().create('other')`,
      `await new IPSet().add('ban', '192.0.2.2')`,
      `await new IPSet().addAll('ban', ['192.0.2.2', '192.0.2.3'])`,
      `await new IPSet().destroy()`,
      `await new WiSet({ name: 'ban' }).replaceEntries(['192.0.2.2'])`,
      `for await (const _ of new IPSet().list());`,
    ])
    expect(errors.map((error) => error !== 'done' && error.code)).toEqual(errors.map(() => 'ERR_PERMISSION'))
    for (const error of errors) expect(error).toMatchObject({ message: expect.stringMatching(/CAP_NET_ADMIN/) })
    expect(run('ipset', ['save'])).toBe(before)
  })
})
