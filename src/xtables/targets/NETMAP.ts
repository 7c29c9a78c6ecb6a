import { InputError } from '../../netlink/wire/error.js'
import type { Context } from '../context.js'
import { target } from '../extension.js'
import { formatInet, maskOf, prefixOf } from '../kinds/address.js'
import { getInet, parseHost, setInet } from '../kinds/host.js'
import { finishRange, NAT, NfNatIpv4MultiRangeCompat } from '../kinds/nat-range.js'
import { formatPrefix, parsePrefix, prefix } from '../kinds/prefix.js'
import { type Memory, option } from '../option.js'

/** The struct holds the first and the last address of the network. */
function pack(memory: Memory, network: string, { family }: Context): void {
  const { address, length } = parsePrefix(network, family)
  const mask = maskOf(length)
  memory.raise('flags', NAT.address)
  setInet(memory, 'minAddress', address.map((byte, i) => byte & (mask[i] as number)))
  setInet(memory, 'maxAddress', address.map((byte, i) => byte | (~(mask[i] as number) & 0xff)))
}

function unpack(memory: Memory, { family }: Context): string | undefined {
  if (!memory.has('flags', NAT.address)) return undefined
  const first = parseHost(getInet(memory, 'minAddress', family), family)
  const last = parseHost(getInet(memory, 'maxAddress', family), family)
  const length = prefixOf(first.map((byte, i) => ~(byte ^ (last[i] as number)) & 0xff), family)
  if (length < 0) {
    throw new InputError(`from ${formatInet(first, family)} to ${formatInet(last, family)} is no network`)
  }
  return formatPrefix({ address: first, length }, family)
}

export const NETMAP = target('NETMAP', {
  doc: 'Moves the packet to another network, host bits kept: its destination before routing, its source after it.',
  families: ['ip'],
  tables: ['nat'],
  revisions: { 0: NfNatIpv4MultiRangeCompat },
  options: {
    to: option(prefix, 'the other network', { required: true, pack, unpack }),
  },
  finish: finishRange,
  list: ({ to }) => `to:${to}`,
})
