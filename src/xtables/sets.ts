import { encode } from '../netlink/wire/codec.js'
import { Reader } from '../netlink/wire/cursor.js'
import { InputError } from '../netlink/wire/error.js'
import { u16, u32 } from '../netlink/wire/integers.js'
import { field, struct } from '../netlink/wire/struct.js'
import { chars } from '../netlink/wire/text.js'
import { errnoName, type Libc, type Namespace, TransportError } from '../netlink/index.js'
import { addressFamily, type Family, type SetNames } from './context.js'

const SO_IP_SET = 83 // include/uapi/linux/netfilter/ipset/ip_set.h
const OP_VERSION = 0x100 // IP_SET_OP_VERSION
const OP_BY_INDEX = 0x07 // IP_SET_OP_GET_BYINDEX
const OP_BY_NAME = 0x08 // IP_SET_OP_GET_FNAME: with the set's family
/** IPSET_INVALID_ID: no set of that name. */
const NONE = 0xffff
/** The family of sets that hold no addresses (NFPROTO_UNSPEC). */
const ANY = 0

/** ip_set.h: struct ip_set_req_version */
const Version = struct('ip_set_req_version', {
  op: field(u32, 'op', 'what is asked'),
  version: field(u32, 'version', 'version of the protocol'),
})

/** ip_set.h: struct ip_set_req_get_set, asked with an index and answered with a name */
const ByIndex = struct('ip_set_req_get_set', {
  op: field(u32, 'op', 'what is asked'),
  version: field(u32, 'version', 'version of the protocol'),
  index: field(u16, 'set.index', 'index of the set'),
  padding: field(chars(30), 'set.name[2]', 'the rest of its name'),
})
const NAME_AT = ByIndex.offsets.index

/** ip_set.h: struct ip_set_req_get_set_family */
const ByName = struct('ip_set_req_get_set_family', {
  op: field(u32, 'op', 'what is asked'),
  version: field(u32, 'version', 'version of the protocol'),
  family: field(u32, 'family', 'family of the set'),
  name: field(chars(32), 'set.name', 'name of the set'),
})
const INDEX_AT = ByName.offsets.name

/** The sets of the kernel by name and by index, asked for one by one (`getsockopt` with SO_IP_SET). */
export class KernelSets implements SetNames {
  readonly #libc: Libc
  readonly #family: Family
  readonly #fd: number
  #version: number | undefined

  constructor(libc: Libc, family: Family, namespace?: Namespace) {
    this.#libc = libc
    this.#family = family
    const open = () => libc.socket(addressFamily('ip'), 2 | 0o2000000, 0)
    this.#fd = namespace ? namespace.run(open) : open()
    if (this.#fd < 0) throw TransportError.system('socket', libc.errno())
  }

  index(name: string): number {
    const answer = this.#ask(encode(ByName, { op: OP_BY_NAME, version: this.#protocol(), family: 0, name }))
    const index = new Reader(answer).u16At(INDEX_AT)
    if (index === NONE) throw new InputError(`there is no set '${name}'; create it first`)
    const { family } = ByName.read(new Reader(answer))
    if (family !== ANY && family !== addressFamily(this.#family)) {
      throw new InputError(`set '${name}' holds ${this.#family === 'ip' ? 'IPv6' : 'IPv4'} addresses, the rule is for the other family`)
    }
    return index
  }

  name(index: number): string | undefined {
    const answer = this.#ask(encode(ByIndex, { op: OP_BY_INDEX, version: this.#protocol(), index, padding: '' }))
    const nul = answer.indexOf(0, NAME_AT)
    return nul === NAME_AT ? undefined : answer.toString('utf8', NAME_AT, nul)
  }

  close(): void {
    this.#libc.close(this.#fd)
  }

  #protocol(): number {
    this.#version ??= Version.read(new Reader(this.#ask(encode(Version, { op: OP_VERSION, version: 0 })))).version
    return this.#version
  }

  #ask(bytes: Buffer): Buffer {
    if (this.#libc.getsockopt(this.#fd, 0, SO_IP_SET, bytes, encode(u32, bytes.length)) === 0) return bytes
    const errno = this.#libc.errno()
    if (errnoName(errno) === 'ENOPROTOOPT') throw new InputError('this kernel has no sets: the module ip_set is not loaded')
    throw TransportError.system('asking for a set', errno)
  }
}
