// A daemon that lets everybody do everything, for what measures it: `node daemon.mjs PATH`. SIGTERM ends it.
const { openDaemon } = await import(new URL('../dist/esm/iptc/daemon/index.js', import.meta.url).href)
const policy = { mayTable: () => true, maySet: () => true, mayWatch: () => true }
const daemon = await openDaemon({ path: process.argv[2], backend: 'nft', policy })
process.once('SIGTERM', () => daemon.close())
process.stdout.write('ready\n')
