// The netlink room on a running kernel: both sockets, one message by hand, a capture played again. Needs root.
import assert from 'node:assert/strict'
import { IPSet } from 'netfilter-kit'
import { beginNfMessage, Connection, FAMILY, finishMessage, messageType, NLM_F, openTransport, readPcap, Recorder, Replayer, SUBSYSTEM, TransportError, writePcap } from 'netfilter-kit/netlink'

const IPSET_CMD_PROTOCOL = 1
const IPSET_ATTR_PROTOCOL = 1
const NLA_HEADER = 4

for (const kind of ['direct', 'loop']) {
  const connection = await Connection.open({ transport: kind })
  let version
  await connection.request('protocol', 'data', (writer, sequence) => {
    const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, IPSET_CMD_PROTOCOL), NLM_F.request, FAMILY.inet, sequence)
    writer.u16(NLA_HEADER + 1)
    writer.u16(IPSET_ATTR_PROTOCOL)
    writer.u8(6)
    writer.put(Buffer.alloc(3))
    finishMessage(writer, start)
  }, {
    message({ body }) {
      body.skip(8) // nfgenmsg and the header of the first attribute
      version = body.u8()
    },
  })
  connection.close()
  assert.ok(version >= 6)
  await assert.rejects(connection.request('late', 'ack', () => {}, {}), (error) => TransportError.is(error) && error.code === 'ERR_CLOSED')
  console.log(`  ${kind} socket: the kernel speaks ipset protocol ${version}; a closed socket says so`)
}

const recorder = new Recorder(await openTransport())
const live = new IPSet({ transport: recorder })
const names = await live.names()
live.close()
const pcap = writePcap(recorder.capture)
const again = new IPSet({ transport: new Replayer(readPcap(pcap)) })
assert.deepEqual(await again.names(), names)
again.close()
console.log(`  a capture of ${pcap.length} bytes plays the same conversation again`)
