import { sendUnixDatagram } from '../../netlink/index.js'

/**
 * Tells systemd how a service goes (sd_notify(3)), such as `READY=1`. Does nothing where NOTIFY_SOCKET does not say where to.
 * Rejects with a TransportError where it cannot be sent.
 */
export async function notifySystemd(state: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (env.NOTIFY_SOCKET) await sendUnixDatagram(env.NOTIFY_SOCKET, state)
}
