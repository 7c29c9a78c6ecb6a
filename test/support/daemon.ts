import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogEntry } from '../../src/iptc/daemon/log.js'
import type { Policy } from '../../src/iptc/daemon/policy.js'
import { type Daemon, type DaemonOptions, openDaemon } from '../../src/iptc/daemon/server.js'
import { openXtables, type Xtables, type XtablesOptions } from '../../src/xtables/index.js'

/** Everybody may do everything. */
export const EVERYTHING: Policy = { mayTable: () => true, maySet: () => true, mayWatch: () => true }

/** A folder for sockets, removed when the tests of this file are over. */
export function socketFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nfkit-daemon-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

let count = 0

/** A daemon in this process, what it has logged, and a way to it. */
export interface TestDaemon {
  readonly daemon: Daemon
  readonly path: string
  readonly log: LogEntry[]
  open(options?: XtablesOptions): Promise<Xtables>
}

/** Runs a test body with a daemon; all clients that it has opened are closed behind it. */
export async function withDaemon<T>(folder: string, options: Partial<DaemonOptions>, body: (one: TestDaemon) => Promise<T>): Promise<T> {
  const log: LogEntry[] = []
  const opened: Xtables[] = []
  const daemon = await openDaemon({ path: join(folder, `${++count}.sock`), policy: EVERYTHING, log: (entry) => void log.push(entry), ...options })
  const path = daemon.path as string
  const open = async (more: XtablesOptions = {}) => {
    const xt = await openXtables({ daemon: path, ...more })
    opened.push(xt)
    return xt
  }
  try {
    return await body({ daemon, path, log, open })
  } finally {
    for (const xt of opened) xt.close()
    await daemon.close()
  }
}
