import { type Acknowledgement, DeniedError, errnoName, errnoText, KernelError, type KernelErrorDetails, type NetfilterError, TransportError } from '../netlink/index.js'
import { EntryCommand, SetCommand } from './attributes.js'
import { locate } from '../netlink/wire/describe.js'
import type { TypeGroup } from './type.js'

/** ip_set.h: the entry is there already (add), or is not there (delete, test). */
export const IPSET_ERR_EXIST = 4103

/** include/uapi/linux/netfilter/ipset/ip_set.h: enum ipset_errno, from 4097 on. */
const CODES = [
  'IPSET_ERR_PROTOCOL',
  'IPSET_ERR_FIND_TYPE',
  'IPSET_ERR_MAX_SETS',
  'IPSET_ERR_BUSY',
  'IPSET_ERR_EXIST_SETNAME2',
  'IPSET_ERR_TYPE_MISMATCH',
  'IPSET_ERR_EXIST',
  'IPSET_ERR_INVALID_CIDR',
  'IPSET_ERR_INVALID_NETMASK',
  'IPSET_ERR_INVALID_FAMILY',
  'IPSET_ERR_TIMEOUT',
  'IPSET_ERR_REFERENCED',
  'IPSET_ERR_IPADDR_IPV4',
  'IPSET_ERR_IPADDR_IPV6',
  'IPSET_ERR_COUNTER',
  'IPSET_ERR_COMMENT',
  'IPSET_ERR_INVALID_MARKMASK',
  'IPSET_ERR_SKBINFO',
  'IPSET_ERR_BITMASK_NETMASK_EXCL',
] as const

/** ip_set_bitmap.h, ip_set_hash.h, ip_set_list.h: codes from IPSET_ERR_TYPE_SPECIFIC = 4352 on, by group of types. */
const TYPE_CODES: Readonly<Record<TypeGroup, readonly string[]>> = {
  bitmap: ['IPSET_ERR_BITMAP_RANGE', 'IPSET_ERR_BITMAP_RANGE_SIZE'],
  hash: [
    'IPSET_ERR_HASH_FULL',
    'IPSET_ERR_HASH_ELEM',
    'IPSET_ERR_INVALID_PROTO',
    'IPSET_ERR_MISSING_PROTO',
    'IPSET_ERR_HASH_RANGE_UNSUPPORTED',
    'IPSET_ERR_HASH_RANGE',
  ],
  list: ['IPSET_ERR_NAME', 'IPSET_ERR_LOOP', 'IPSET_ERR_BEFORE', 'IPSET_ERR_NAMEREF', 'IPSET_ERR_LIST_FULL', 'IPSET_ERR_REF_EXIST'],
}

/** A sentence for a code; one for `command code` goes before it. They are the ones users of the ipset tool know. */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'The set with the given name does not exist',
  EBUSY: 'The set is being listed by somebody: try again when that is over',
  ERANGE: 'The range means too many entries at once: split it into smaller ones',
  'create EEXIST': 'Set cannot be created: set with the same name already exists',
  IPSET_ERR_PROTOCOL: 'Kernel error received: ipset protocol error',
  IPSET_ERR_FIND_TYPE: 'Kernel error received: set type not supported',
  IPSET_ERR_MAX_SETS: 'Kernel error received: maximal number of sets reached, cannot create more.',
  'destroy IPSET_ERR_BUSY': 'Set cannot be destroyed: it is in use by a kernel component',
  'rename IPSET_ERR_EXIST_SETNAME2': 'Set cannot be renamed: a set with the new name already exists',
  'swap IPSET_ERR_EXIST_SETNAME2': 'Sets cannot be swapped: the second set does not exist',
  'swap IPSET_ERR_TYPE_MISMATCH': 'The sets cannot be swapped: their type does not match',
  'rename IPSET_ERR_REFERENCED': 'Set cannot be renamed: it is in use by another system',
  'add IPSET_ERR_EXIST': "Element cannot be added to the set: it's already added",
  'delete IPSET_ERR_EXIST': "Element cannot be deleted from the set: it's not added",
  IPSET_ERR_INVALID_CIDR: 'The value of the CIDR parameter of the IP address is invalid',
  IPSET_ERR_INVALID_NETMASK: 'The value of the netmask parameter is invalid',
  IPSET_ERR_INVALID_FAMILY: 'Protocol family not supported by the set type',
  IPSET_ERR_TIMEOUT: 'Timeout cannot be used: set was created without timeout support',
  IPSET_ERR_IPADDR_IPV4: 'An IPv4 address is expected, but not received',
  IPSET_ERR_IPADDR_IPV6: 'An IPv6 address is expected, but not received',
  IPSET_ERR_COUNTER: 'Packet/byte counters cannot be used: set was created without counter support',
  IPSET_ERR_COMMENT: 'Comment cannot be used: set was created without comment support',
  IPSET_ERR_INVALID_MARKMASK: 'The value of the markmask parameter is invalid',
  IPSET_ERR_SKBINFO: 'Skbinfo mapping cannot be used: set was created without skbinfo support',
  IPSET_ERR_BITMASK_NETMASK_EXCL: 'netmask and bitmask exclude each other: give one of them',
  IPSET_ERR_BITMAP_RANGE: 'Element is out of the range of the set',
  IPSET_ERR_BITMAP_RANGE_SIZE: 'The range is larger than the type can hold: at most 65536 elements',
  IPSET_ERR_HASH_FULL: 'Hash is full, cannot add more elements',
  IPSET_ERR_HASH_ELEM: 'Null-valued element, cannot be stored in a hash type of set',
  IPSET_ERR_INVALID_PROTO: 'The protocol cannot be stored in this type',
  IPSET_ERR_MISSING_PROTO: 'A protocol is needed and was not given',
  IPSET_ERR_HASH_RANGE_UNSUPPORTED: 'The network part of this entry cannot be a range',
  IPSET_ERR_HASH_RANGE: 'The range covers the whole address space, which cannot be stored',
  IPSET_ERR_NAME: 'The set to be a member does not exist',
  IPSET_ERR_LOOP: 'A list of sets cannot be a member of a list of sets',
  IPSET_ERR_BEFORE: 'There is no member to stand before or after',
  IPSET_ERR_NAMEREF: "The set named with 'before' or 'after' does not exist",
  IPSET_ERR_LIST_FULL: 'The list is full, no more sets can be added',
  IPSET_ERR_REF_EXIST: "The set named with 'before' or 'after' is no member there",
}

/** What was asked for, for the error that may come of it. */
export interface Asked {
  readonly command: string
  readonly set?: string | undefined
  readonly entry?: string | undefined
  readonly group?: TypeGroup | undefined
}

/** How far a bulk operation came. */
export interface BatchFailure {
  /** The entry at fault, counted from 0. */
  readonly index: number
  /** The entry as it was given. */
  readonly entry: unknown
  /** Entries the kernel has taken: all before this one. */
  readonly applied: number
}

/** ipset refused a request. `errno` is an errno or an IPSET_ERR_* number, `errnoName` its name. */
export class IPSetError extends KernelError {
  readonly set: string | undefined
  /** The entry it is about, as text. */
  readonly entry: string | undefined
  /** The sentence alone, without the names around it. */
  readonly sentence: string
  /** Set by bulk operations. */
  batch: BatchFailure | undefined
  readonly #details: KernelErrorDetails
  readonly #asked: Asked

  constructor(details: KernelErrorDetails, asked: Asked, sentence: string) {
    const about = [asked.command, asked.entry === undefined ? '' : `'${asked.entry}'`, asked.set === undefined ? '' : `in set '${asked.set}'`]
    const words = details.kernelMessage ? `; the kernel says: ${details.kernelMessage}` : ''
    const where = details.attributePath?.length ? ` (attribute ${details.attributePath.join('.')})` : ''
    super(`${sentence} [${details.errnoName}: ${about.filter(Boolean).join(' ')}]${words}${where}`, { ...details, request: asked.command })
    this.set = asked.set
    this.entry = asked.entry
    this.sentence = sentence
    this.#details = details
    this.#asked = asked
  }

  /** The same error said of another set, such as the one that a temporary set stands for, or in other words. */
  retold(set: string, sentence = this.sentence): this {
    const copy = new (this.constructor as typeof IPSetError)(this.#details, { ...this.#asked, set }, sentence)
    copy.batch = this.batch
    return copy as this
  }
}

/** The set does not exist (ENOENT). */
export class NoSuchObject extends IPSetError {
  declare readonly name: 'NoSuchObject'
}
/** A set of that name exists already (EEXIST). */
export class AlreadyExists extends IPSetError {
  declare readonly name: 'AlreadyExists'
  /** With `exclusive: false`: in what the set that exists differs from the one asked for. */
  differences: readonly string[] = []

  /** For a set that was to be left as it is if it were the same, and is not. */
  static another(name: string, differences: readonly string[]): AlreadyExists {
    const sentence = `${SENTENCES['create EEXIST']}, but is another: ${differences.join('; ')}`
    const error = new AlreadyExists({ errno: 17, errnoName: 'EEXIST' }, { command: 'create', set: name }, sentence)
    error.differences = differences
    return error
  }
}
/** The set cannot be destroyed or renamed while something uses it. */
export class SetInUseError extends IPSetError {
  declare readonly name: 'SetInUseError'
  /** How many users the kernel counts; undefined when that could not be read. */
  references: number | undefined
}
/** The set has no room: make it anew with a larger maxelem, replace its entries with `grow`, or add less. */
export class SetFullError extends IPSetError {
  declare readonly name: 'SetFullError'

  /** Entries of a bulk operation that found room. */
  get inserted(): number {
    return this.batch?.applied ?? 0
  }
}

/** The kernel's name for a number: of this library's subsystem from 4096 on, an errno below. */
export function codeName(errno: number, group?: TypeGroup): string {
  if (errno >= 4352) return (group && TYPE_CODES[group][errno - 4352]) ?? `IPSET_ERR_TYPE_SPECIFIC+${errno - 4352}`
  if (errno > 4096) return CODES[errno - 4097] ?? `IPSET_ERR_PRIVATE+${errno - 4096}`
  return errnoName(errno)
}

const CLASSES: Readonly<Record<string, typeof IPSetError>> = {
  ENOENT: NoSuchObject,
  'create EEXIST': AlreadyExists,
  IPSET_ERR_BUSY: SetInUseError,
  IPSET_ERR_REFERENCED: SetInUseError,
  IPSET_ERR_HASH_FULL: SetFullError,
  IPSET_ERR_LIST_FULL: SetFullError,
}

/**
 * The error for what the kernel answered: an IPSetError, or a TransportError where ipset cannot be used at all; a DeniedError
 * where a daemon refused to ask the kernel.
 */
export function ipsetError(ack: Acknowledgement, asked: Asked): NetfilterError {
  const { errno, message: kernelMessage } = ack
  const name = codeName(errno, asked.group)
  // The kernel says no word to this errno; a daemon that stands before it does.
  if (name === 'EPERM' && kernelMessage !== undefined) return new DeniedError(kernelMessage)
  if (name === 'EPERM') {
    const text = 'the kernel does not let this process change or read sets: run as root, or with CAP_NET_ADMIN in the network namespace'
    return new TransportError(text, { code: 'ERR_PERMISSION', errno })
  }
  const sentence = SENTENCES[`${asked.command} ${name}`] ?? SENTENCES[name] ?? `Kernel error received: ${errno < 4096 ? errnoText(errno) : name}`
  const Class = CLASSES[`${asked.command} ${name}`] ?? CLASSES[name] ?? IPSetError
  return new Class({ errno, errnoName: name, kernelMessage, attributePath: attributePath(ack, asked) }, asked, sentence)
}

function attributePath({ offset, request }: Acknowledgement, { entry }: Asked): string[] {
  if (offset === undefined || request.length <= 20) return []
  return locate(entry === undefined ? SetCommand : EntryCommand, request, offset, 20)
}
