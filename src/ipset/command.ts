import { FAMILY, NLM_F } from '../netlink/index.js'

/** Highest version of the ipset protocol that this library speaks: the kernel's is 7 since Linux 4.19. */
export const PROTOCOL = 7
/** Lowest version it speaks: kernels from 2.6.39 on. */
export const PROTOCOL_MIN = 6

const ACK = NLM_F.request | NLM_F.ack
const EXCL = NLM_F.exclusive

/** One command: its number, the header flags it is sent with. */
export interface Command {
  readonly name: string
  readonly number: number
  readonly flags: number
}

function command(name: string, number: number, flags: number): Command {
  return { name, number, flags }
}

/** include/uapi/linux/netfilter/ipset/ip_set.h: enum ipset_cmd. Without EXCL, what is there already is no error. */
export const COMMAND = {
  protocol: command('protocol', 1, NLM_F.request), // IPSET_CMD_PROTOCOL
  create: command('create', 2, ACK | NLM_F.create | EXCL), // IPSET_CMD_CREATE
  destroy: command('destroy', 3, ACK | EXCL), // IPSET_CMD_DESTROY
  flush: command('flush', 4, ACK), // IPSET_CMD_FLUSH
  rename: command('rename', 5, ACK), // IPSET_CMD_RENAME
  swap: command('swap', 6, ACK), // IPSET_CMD_SWAP
  list: command('list', 7, ACK | NLM_F.dump), // IPSET_CMD_LIST
  save: command('save', 8, ACK | NLM_F.dump), // IPSET_CMD_SAVE
  add: command('add', 9, ACK | EXCL), // IPSET_CMD_ADD
  delete: command('delete', 10, ACK | EXCL), // IPSET_CMD_DEL
  test: command('test', 11, ACK), // IPSET_CMD_TEST
  header: command('header', 12, NLM_F.request), // IPSET_CMD_HEADER
  type: command('type', 13, NLM_F.request), // IPSET_CMD_TYPE
  getByName: command('getByName', 14, NLM_F.request), // IPSET_CMD_GET_BYNAME
  getByIndex: command('getByIndex', 15, NLM_F.request), // IPSET_CMD_GET_BYINDEX
} as const

/** ip_set.h: enum ipset_cmd_flags, what LIST is to leave out. */
export const LIST_FLAG = {
  names: 2, // IPSET_FLAG_LIST_SETNAME
  headers: 4, // IPSET_FLAG_LIST_HEADER
} as const

/** Families by the names that the ipset tool takes and prints. */
export type Family = 'inet' | 'inet6' | 'unspec'

export function familyNumber(family: Family): number {
  return FAMILY[family]
}

export function familyName(number: number): Family {
  return number === FAMILY.inet ? 'inet' : number === FAMILY.inet6 ? 'inet6' : 'unspec'
}

