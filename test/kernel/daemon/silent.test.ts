import { openXtables, parseRule, type Xtables } from '../../../src/xtables/index.js'
import { socketFolder } from '../../support/daemon.js'
import { type Process, startDaemon } from '../../support/processes.js'
import { rejection } from '../../support/rejection.js'
import { describeTables, ownLock } from '../../support/xtables.js'

ownLock()
const folder = socketFolder()

const rule = (comment: string) => parseRule(`-m comment --comment ${comment}`)

describeTables('a daemon for tables of %s that keeps silent', (tables) => {
  let daemon: Process
  let xt: Xtables

  beforeEach(async () => {
    tables.clear('ip')
    const path = `${folder}/${tables.backend}.sock`
    daemon = await startDaemon(path, tables.backend)
    xt = await openXtables({ daemon: path })
  })
  afterEach(async () => {
    xt.close()
    await daemon.end()
  })

  const append = (comment: string, signal?: AbortSignal) => xt.transaction(({ ip }) => ip.append('filter', 'INPUT', rule(comment)), signal ? { signal } : {})
  const comments = () => tables.savedRules('ip').map((line) => line.split(' ').at(-1))

  test('is waited for until the signal aborts; what was asked in vain is not done, and the next call goes on', async () => {
    await append('before')
    daemon.child.kill('SIGSTOP')
    const reason = new RangeError('called off')
    const off = new AbortController()
    const given = [append('one', off.signal), append('other', off.signal)].map(rejection)
    setTimeout(() => off.abort(reason), 50)
    for (const error of await Promise.all(given)) expect(error).toMatchObject({ code: 'ERR_ABORTED', cause: reason })
    daemon.child.kill('SIGCONT')
    await append('after')
    expect(comments()).toEqual(['before', 'after'])
  })

  test('is not asked at all for what is aborted already', async () => {
    const error = await rejection(append('never', AbortSignal.abort()))
    expect(error).toMatchObject({ code: 'ERR_ABORTED' })
    await append('after')
    expect(comments()).toEqual(['after'])
  })

  test('whoever closes the connection meanwhile hears that it is closed', async () => {
    daemon.child.kill('SIGSTOP')
    const error = rejection(xt.ip.read('filter'))
    setTimeout(() => xt.close(), 50)
    expect(await error).toMatchObject({ code: 'ERR_CLOSED', message: 'this connection to the daemon is closed' })
    daemon.child.kill('SIGCONT')
    expect(await rejection(xt.ip.read('filter'))).toMatchObject({ code: 'ERR_INPUT', message: 'this connection to the firewall is closed' })
  })
})
