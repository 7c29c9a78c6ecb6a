// Makes a change in nf_tables, and writes the batch it took into a file, for `kernel-limit batch`.
//
//   node bench/capture-batch.mjs CHANGE FILE
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { CHANGES } from './cases/rules-nft.mjs'

// The room of rules takes no transport of one's own: the recorder is put where it opens its socket.
const built = createRequire(new URL('../dist/cjs/', import.meta.url))
const { openTransport, Recorder } = built('./netlink/index.js')
const { NftBackend } = built('./xtables/nft/backend.js')
const { Xtables } = built('./xtables/xtables.js')

/** NFNL_MSG_BATCH_BEGIN, in the low byte of nlmsg_type */
const BATCH_BEGIN = 0x10
const isBatch = ({ direction, bytes }) => direction === 'sent' && bytes[4] === BATCH_BEGIN && bytes[5] === 0

const [name, file] = process.argv.slice(2)
const recorder = new Recorder(await openTransport('auto', { receiveBuffer: 1 << 25 }))
const xt = new Xtables(await NftBackend.open({ transport: recorder }))
await xt.transaction(await CHANGES[name]())
xt.close()
const batches = recorder.capture.frames.filter(isBatch)
if (batches.length !== 1) throw new Error(`${name} took ${batches.length} batches`)
writeFileSync(file, batches[0].bytes)
