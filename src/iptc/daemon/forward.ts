import { type FrameSocket, tellFailure } from '../../netlink/index.js'
import { messagePieces, type Rights } from '../../xtables/index.js'

interface Source {
  [Symbol.asyncIterator](): AsyncIterator<unknown>
  close(): void
}

/**
 * Sends events as they come, as fast as the other side takes them: while it does not, they wait in the kernel, which says so when
 * it has no room for more. Ends the connection behind the last one. Never rejects.
 */
export async function forward(events: Source, socket: FrameSocket, rights: Rights): Promise<void> {
  try {
    for await (const event of events) {
      // The policy may be another by now.
      rights.watch()
      await socket.send(...messagePieces({ event }))
      if (socket.closed) break
    }
  } catch (error) {
    void socket.send(...messagePieces({ error: tellFailure(error) }))
  } finally {
    events.close()
    socket.close()
  }
}
