import { builtModule } from '../../support/build.js'
import { socketFolder } from '../../support/daemon.js'
import { Process, startDaemon } from '../../support/processes.js'
import { describeNft } from '../../support/xtables.js'

const folder = socketFolder()

const CLIENT = () => `
import { openXtables } from ${JSON.stringify(builtModule('xtables/index.js'))}
const [path, what] = process.argv.slice(2)
const xt = await openXtables({ daemon: path })
await xt.ip.read('filter')
if (what === 'monitor') {
  const events = xt.monitor()
  await events.ready
}
if (what === 'waiting') void xt.transaction(async ({ ip }) => {
  await ip.chains('filter')
  console.log('answered')
})
console.log('over')
`

describeNft('a client that leaves its connection open', () => {
  test.each([['idle', 'over\n'], ['monitor', 'over\n'], ['waiting', 'over\nanswered\n']])('ends when nothing else keeps it, and what it waits for has come: %s', async (what, printed) => {
    const path = `${folder}/${what}.sock`
    const daemon = await startDaemon(path, 'nft')
    const client = new Process(CLIENT(), [path, what])
    await client.ended
    expect([client.child.exitCode, client.printed, client.errors]).toEqual([0, printed, ''])
    // A daemon without anybody to serve serves on.
    expect(daemon.child.exitCode).toBeNull()
    await daemon.end('SIGTERM')
    expect([daemon.child.exitCode, daemon.errors]).toEqual([0, ''])
  })
})
