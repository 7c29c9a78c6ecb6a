import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ipsetService } from '../../src/iptc/daemon/ipset-service.js'
import type { LogEntry } from '../../src/iptc/daemon/log.js'
import type { Peer } from '../../src/iptc/daemon/peer.js'
import type { Policy } from '../../src/iptc/daemon/policy.js'
import { DAEMON_VERSION, FrameSocket } from '../../src/netlink/index.js'

/** The ipset service alone behind a Unix socket, with a peer that the test makes up. */
export interface IpsetDaemon {
  readonly path: string
  readonly log: LogEntry[]
  /** Who the next to connect is. */
  peer: Peer
  /** Connections that are open. */
  readonly open: ReadonlySet<Socket>
  close(): Promise<void>
}

export async function ipsetDaemon(policy: Policy, peer: Peer, options: { readonly patience?: number } = {}): Promise<IpsetDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'ipset-daemon-'))
  const open = new Set<Socket>()
  const log: LogEntry[] = []
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const frames = new FrameSocket(socket)
    const who = daemon.peer
    frames.onFrame = async () => {
      const service = await ipsetService(frames, who, { ...options, policy, log: (entry) => void log.push(entry) })
      frames.onEnd = () => service.close()
      await frames.send(Buffer.from(JSON.stringify({ version: DAEMON_VERSION })))
    }
  })
  const path = join(folder, 'socket')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const daemon: IpsetDaemon = {
    path,
    log,
    peer,
    open,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
  return daemon
}
