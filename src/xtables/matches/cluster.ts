import { InputError } from '../../netlink/wire/error.js'
import { u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { uint } from '../kinds/number.js'
import { bang, line, plain } from '../list.js'
import { option, shorthand } from '../option.js'

/** include/uapi/linux/netfilter/xt_cluster.h */
const XtClusterMatchInfo = struct('xt_cluster_match_info', {
  nodes: field(u32, 'total_nodes', 'nodes in all'),
  mask: field(u32, 'node_mask', 'a bit for each of them'),
  seed: field(u32, 'hash_seed', 'seed of the hash'),
  flags: field(u32, 'flags', 'XT_CLUSTER_F_*'),
})

/** XT_CLUSTER_NODES_MAX */
const MOST = 32
const MAX = 0xffff_ffff

const padded = (value: number) => `0x${value.toString(16).padStart(8, '0')}`

export const cluster = match('cluster', {
  doc: 'Deals connections out to the nodes of a cluster by a hash of their source address.',
  revisions: { 0: XtClusterMatchInfo },
  options: {
    // iptables takes masks up to 32 alone, and then cannot read what it prints for node 7 and above.
    clusterLocalNodemask: option(uint({ min: 1, max: MAX, format: padded }), 'the nodes that this machine is: bit 0 for the first', {
      to: 'mask', not: { flags: 0x1 }, required: true,
    }),
    clusterTotalNodes: option(uint({ min: 1, max: MOST }), 'number of the nodes, at most 32', { to: 'nodes', required: true }),
    clusterHashSeed: option(uint({ max: MAX, format: padded }), 'seed of the hash, the same for all nodes', { to: 'seed', required: true }),
    clusterLocalNode: shorthand(uint({ min: 1, max: MOST }), 'the node that this machine is, from 1', (node, _, negated) => {
      const mask = 2 ** (node - 1)
      return { clusterLocalNodemask: negated ? { not: mask } : mask }
    }, { negatable: true }),
  },
  check({ clusterLocalNodemask: mask, clusterTotalNodes: nodes }) {
    if (mask !== undefined && nodes !== undefined && plain(mask) >= 2 ** nodes) {
      throw new InputError(`${padded(plain(mask))} names nodes beyond the ${nodes} that there are`)
    }
  },
  list: ({ clusterLocalNodemask: mask = 0, clusterTotalNodes: nodes, clusterHashSeed: seed = 0 }) =>
    line('cluster', `${bang(mask)}node_mask=${padded(plain<number>(mask))}`, `total_nodes=${nodes}`, `hash_seed=${padded(seed)}`),
})
