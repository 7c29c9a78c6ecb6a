import type { Capture } from './capture.js'
import { encode } from './wire/codec.js'
import { Reader } from './wire/cursor.js'
import { ProtocolError } from './wire/error.js'
import { be16 } from './wire/integers.js'
import { decodePcap, encodePcap } from './wire/pcap.js'
import { field, struct } from './wire/struct.js'
import { chars } from './wire/text.js'

/** https://www.tcpdump.org/linktypes.html: LINKTYPE_NETLINK, this header before each datagram. */
const LINKTYPE_NETLINK = 253
const Cooked = struct('sll_header', {
  packetType: field(be16, 'sll_pkttype', 'which way it went'),
  hardware: field(be16, 'sll_hatype', 'ARPHRD_NETLINK'),
  unused: field(chars(10), 'sll_halen, sll_addr', 'nothing'),
  protocol: field(be16, 'sll_protocol', 'netlink family'),
})
const ARPHRD_NETLINK = 824 // include/uapi/linux/if_arp.h
const PACKET_HOST = 0 // include/uapi/linux/if_packet.h
const PACKET_USER = 6 // PACKET_USER: to user space
const PACKET_KERNEL = 7 // PACKET_KERNEL: to the kernel

/**
 * A capture as a pcap file (link type 253), which Wireshark and tcpdump open. Throws an InputError for a time that such a file
 * cannot hold.
 */
export function writePcap({ protocol, frames }: Capture): Buffer {
  return encodePcap(LINKTYPE_NETLINK, frames.map(({ direction, time, bytes }) => {
    const packetType = direction === 'sent' ? PACKET_KERNEL : PACKET_USER
    const head = encode(Cooked, { packetType, hardware: ARPHRD_NETLINK, unused: '', protocol })
    return { time, bytes: Buffer.concat([head, bytes]) }
  }))
}

/** Reads a pcap file of link type 253, ours or one taken on an nlmon interface. Throws a ProtocolError for what is none. */
export function readPcap(file: Uint8Array): Capture {
  const { linktype, packets } = decodePcap(file)
  if (linktype !== LINKTYPE_NETLINK) {
    throw new ProtocolError(`a pcap file of link type ${linktype}, not ${LINKTYPE_NETLINK} (netlink)`, { offset: 20 })
  }
  let family: number | undefined
  const frames = packets.map(({ time, bytes }) => {
    const reader = new Reader(bytes)
    const { packetType, protocol } = Cooked.read(reader)
    family ??= protocol
    const received = packetType === PACKET_USER || packetType === PACKET_HOST
    return { direction: received ? ('received' as const) : ('sent' as const), time, bytes: reader.rest() }
  })
  return { protocol: family ?? 0, frames }
}
