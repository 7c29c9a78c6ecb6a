/**
 * The option that leads a command to a daemon instead of the kernel: the path in NFKIT_DAEMON. Nothing where that is not set, or
 * empty.
 */
export function throughDaemon(env: NodeJS.ProcessEnv = process.env): { readonly daemon?: string } {
  const path = env.NFKIT_DAEMON
  return path ? { daemon: path } : {}
}
