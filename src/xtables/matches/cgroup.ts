import { blob } from '../../netlink/wire/array.js'
import { decode, encode } from '../../netlink/wire/codec.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u32, u64 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { uint32 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { bang, plain } from '../list.js'
import { type Memory, option } from '../option.js'

const FLAGS = {
  hasPath: field(u8, 'has_path', '1: a path is given'),
  hasClass: field(u8, 'has_classid', '1: a class is given'),
  pathInverted: field(u8, 'invert_path', '1: another path'),
  classInverted: field(u8, 'invert_classid', '1: another class'),
}

/** XT_CGROUP_PATH_MAX */
const PATH = 512
const Path = chars(PATH)

/** include/uapi/linux/netfilter/xt_cgroup.h. Path and class share a union. */
const XtCgroupInfoV2 = struct('xt_cgroup_info_v2', {
  ...FLAGS,
  pathOrClass: field(blob(PATH, 4), 'path', 'path below the root of cgroup2, or class'),
  private: field(u64, 'priv', "the kernel's own"),
})

/** include/uapi/linux/netfilter/xt_cgroup.h */
const XtCgroupInfoV1 = struct('xt_cgroup_info_v1', {
  ...FLAGS,
  path: field(chars(4096), 'path', 'path below the root of cgroup2'),
  class: field(u32, 'classid', 'class'),
  private: field(u64, 'priv', "the kernel's own"),
})

/** include/uapi/linux/netfilter/xt_cgroup.h */
const XtCgroupInfoV0 = struct('xt_cgroup_info_v0', {
  class: field(u32, 'id', 'class'),
  classInverted: field(u32, 'invert', '1: another class'),
})

function packPath(memory: Memory, value: string, _: unknown, negated: boolean): void {
  if (!memory.knows('hasPath')) throw new InputError('revision 0, which this kernel has, knows no paths')
  if (memory.knows('path')) memory.set('path', value)
  else memory.set('pathOrClass', encode(Path, value))
  memory.set('hasPath', 1)
  if (negated) memory.set('pathInverted', 1)
}

function unpackPath(memory: Memory): unknown {
  if (!memory.knows('hasPath') || memory.get('hasPath') === 0) return undefined
  const value: string = memory.knows('path') ? memory.get('path') : decode(Path, memory.get('pathOrClass'))
  return memory.get('pathInverted') === 0 ? value : { not: value }
}

function packClass(memory: Memory, value: number, _: unknown, negated: boolean): void {
  if (memory.knows('class')) memory.set('class', value)
  else memory.set('pathOrClass', Uint8Array.from([...encode(u32, value), ...memory.get('pathOrClass').subarray(4)]))
  if (memory.knows('hasClass')) memory.set('hasClass', 1)
  if (negated) memory.set('classInverted', 1)
}

function unpackClass(memory: Memory): unknown {
  if (memory.knows('hasClass') && memory.get('hasClass') === 0) return undefined
  const value: number = memory.knows('class') ? memory.get('class') : decode(u32, memory.get('pathOrClass').subarray(0, 4))
  return memory.get('classInverted') === 0 ? value : { not: value }
}

export const cgroup = match('cgroup', {
  doc: 'The control group of the socket that sends or gets the packet. Give one of its options.',
  revisions: { 2: XtCgroupInfoV2, 1: XtCgroupInfoV1, 0: XtCgroupInfoV0 },
  private: 'private',
  options: {
    path: option(text({ max: PATH - 1 }), 'path below the root of cgroup2, at most 511 bytes; groups below it match, too', {
      negatable: true, pack: packPath, unpack: unpackPath,
    }),
    cgroup: option(uint32, 'class of the net_cls controller', { negatable: true, pack: packClass, unpack: unpackClass }),
  },
  // Revision 2 keeps both in one union, and the kernel refuses both.
  check: (options) => exactlyOne(options, ['path', 'cgroup']),
  list({ path, cgroup }) {
    const one = (value: unknown) => (value === undefined ? '' : ` ${bang(value, '! ')}${String(plain<unknown>(value))}`)
    return `cgroup${one(path)}${one(cgroup)}`
  },
})
