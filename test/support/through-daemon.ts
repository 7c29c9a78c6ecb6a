// Imported before the tests of another file, which so are run once more: each opening of the tables goes through a daemon of its own.
import { join } from 'node:path'
import { type Daemon, openDaemon } from '../../src/iptc/daemon/server.js'
import { openXtables } from '../../src/xtables/index.js'
import { EVERYTHING, socketFolder } from './daemon.js'
import { opening } from './xtables.js'

const folder = socketFolder()
const daemons: Daemon[] = []
let count = 0

opening.way = async ({ backend = 'auto', netns, ...options }) => {
  const daemon = await openDaemon({ path: join(folder, `through-${++count}.sock`), policy: EVERYTHING, backend, netns })
  daemons.push(daemon)
  const xt = await openXtables({ ...options, backend, daemon: daemon.path as string })
  const close = xt.close.bind(xt)
  xt.close = () => {
    close()
    void daemon.close()
  }
  return xt
}

afterAll(async () => {
  for (const daemon of daemons) await daemon.close()
})
