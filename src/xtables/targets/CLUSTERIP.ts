import { array, blob } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u16, u32, u64 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { macAddress } from '../kinds/address.js'
import { choice } from '../kinds/names.js'
import { uint, uint32 } from '../kinds/number.js'
import { line } from '../list.js'
import { flag, type Memory, option } from '../option.js'

/** include/uapi/linux/netfilter_ipv4/ipt_CLUSTERIP.h */
const IptClusteripTgtInfo = struct('ipt_clusterip_tgt_info', {
  flags: field(u32, 'flags', '1: creates the cluster, and the other members count'),
  mac: field(blob(6), 'clustermac', 'hardware address that all nodes share'),
  totalNodes: field(u16, 'num_total_nodes', 'nodes of the cluster'),
  localNodeCount: field(u16, 'num_local_nodes', 'numbers that follow'),
  localNodes: field(array(u16, 16), 'local_nodes', 'numbers of this node'),
  hashMode: field(u32, 'hash_mode', 'what decides which node a packet is for'),
  hashInit: field(u32, 'hash_initval', 'start of the hash'),
  config: field(u64, 'config', 'pointer of the kernel'),
})

const NEW = { flags: 1 } as const
const MODES = { sourceip: 0, 'sourceip-sourceport': 1, 'sourceip-sourceport-destport': 2 } as const
const upTo16 = uint({ max: 16 })

export const CLUSTERIP = target('CLUSTERIP', {
  doc: 'Shares an address among machines, each of which takes a part of the packets. Kernels since 6.3 lack it.',
  families: ['ip'],
  revisions: { 0: IptClusteripTgtInfo },
  private: 'config',
  options: {
    new: flag('creates the cluster; without it, the rule joins the one that its destination address has', { set: NEW }),
    hashmode: option(choice(MODES), 'what decides which node a packet is for', {
      to: 'hashMode', set: NEW,
    }),
    clustermac: option(macAddress, 'hardware address that all nodes share; a multicast one, its first byte is odd', {
      to: 'mac', set: NEW, save: (mac: string) => `--clustermac ${mac.toUpperCase()}`,
    }),
    totalNodes: option(upTo16, 'nodes of the cluster, at most 16', { to: 'totalNodes', set: NEW }),
    localNode: option(upTo16, 'number of this node, at most 16', {
      pack(memory: Memory, node: number) {
        memory.set('localNodeCount', 1)
        memory.set('localNodes', [node])
      },
      unpack(memory: Memory) {
        return memory.has('flags', NEW.flags) ? (memory.get('localNodes') as number[])[0] : undefined
      },
    }),
    hashInit: option(uint32, 'start of the hash; 0 unless given', { to: 'hashInit', set: NEW }),
  },
  check({ new: create, hashmode, clustermac, totalNodes, localNode, hashInit }) {
    const needed = {
      '--hashmode': hashmode, '--clustermac': clustermac, '--total-nodes': totalNodes, '--local-node': localNode,
    }
    if (!create && hashInit === undefined && Object.values(needed).every((value) => value === undefined)) return
    const missing = Object.entries({ '--new': create, ...needed }).find(([, value]) => value === undefined)
    if (missing) {
      throw new InputError(`a new cluster needs --new, ${Object.keys(needed).join(', ')}: ${missing[0]} is missing`)
    }
    if (Number.parseInt(shown(clustermac).slice(0, 2), 16) % 2 === 0) {
      throw new InputError('is not a multicast address: its first byte must be odd', { path: 'clustermac' })
    }
  },
  list: ({ new: create, hashmode, clustermac, totalNodes, localNode, hashInit }) => line(
    'CLUSTERIP', create && `hashmode=${hashmode} clustermac=${clustermac?.toUpperCase()}`,
    create && `total_nodes=${totalNodes} local_node=${localNode} hash_init=${hashInit}`,
  ),
})
