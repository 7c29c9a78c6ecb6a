import { array } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u16, u32 } from '../../netlink/wire/integers.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'
import { uint } from '../kinds/number.js'
import { givenBit, NO_SET, setLookup, setMembers } from '../kinds/set-lookup.js'
import { line } from '../list.js'
import { flag, type Memory, option } from '../option.js'

const INDEX = "the kernel's number of the set; 65535: none"
const DIMENSIONS = 'how many of src and dst there are'
const FLAGS = 'bit n: the n-th is src'

function lookup<const N extends 'add' | 'del' | 'map'>(name: N) {
  const fields = {
    [`${name}Index`]: field(u16, `${name}_set.index`, INDEX),
    [`${name}Dimensions`]: field(u8, `${name}_set.dim`, DIMENSIONS),
    [`${name}Flags`]: field(u8, `${name}_set.flags`, FLAGS),
  }
  return fields
}

function oldLookup(name: 'add' | 'del') {
  return {
    [`${name}Index`]: field({ ...u16, align: 4 }, `${name}_set.index`, INDEX),
    [`${name}Slots`]: field(array(u32, 6), `${name}_set.u.compat.__flags`, 'src or dst, for each dimension'),
    [`${name}Dimensions`]: field(u8, `${name}_set.u.compat.dim`, DIMENSIONS),
    [`${name}Flags`]: field(u8, `${name}_set.u.compat.flags`, FLAGS),
  }
}

const flags = field(u32, 'flags', 'IPSET_FLAG_*')
const timeout = field(u32, 'timeout', 'seconds; all bits: that of the set')

/** include/uapi/linux/netfilter/xt_set.h */
const XtSetInfoTargetV0 = struct('xt_set_info_target_v0', { ...oldLookup('add'), ...oldLookup('del') })
const XtSetInfoTargetV1 = struct('xt_set_info_target_v1', { ...lookup('add'), ...lookup('del') })
const XtSetInfoTargetV2 = struct('xt_set_info_target_v2', { ...lookup('add'), ...lookup('del'), flags, timeout })
const XtSetInfoTargetV3 = struct('xt_set_info_target_v3', {
  ...lookup('add'), ...lookup('del'), ...lookup('map'), flags, timeout,
})

/** A set that is not asked for has an index of its own. */
function absent(memory: Memory, name: string, value: unknown): void {
  if (value === undefined && memory.knows(`${name}Index`)) memory.set(`${name}Index`, NO_SET)
}

export const SET = target('SET', {
  doc: 'Adds to a set (ipset) what the packet holds, deletes it there, or takes over what the set says about it.',
  revisions: { 3: XtSetInfoTargetV3, 2: XtSetInfoTargetV2, 1: XtSetInfoTargetV1, 0: XtSetInfoTargetV0 },
  options: {
    addSet: option(setLookup, 'the set to add to, and `src` or `dst` for each dimension of its elements', setMembers('add')),
    exist: flag('with `addSet`: starts the time of an element that is there anew', givenBit('flags', 0x01)),
    timeout: option(uint({ max: 0xffff_fffe }), 'with `addSet`: seconds that the element stays, in the place of what the set says', {
      to: 'timeout', fallback: 0xffff_ffff, quiet: true, join: (_, value) => value,
    }),
    delSet: option(setLookup, 'the set to delete from, and `src` or `dst` for each dimension', setMembers('del')),
    mapSet: option(setLookup, 'the set to look into, and `src` or `dst` for each dimension', setMembers('map')),
    mapMark: flag("with `mapSet`: takes over the element's mark", givenBit('flags', 0x100)),
    mapPrio: flag("with `mapSet`: takes over the element's priority (tc class)", givenBit('flags', 0x200)),
    mapQueue: flag("with `mapSet`: takes over the element's hardware queue", givenBit('flags', 0x400)),
  },
  check({ addSet, delSet, mapSet, exist, timeout, mapMark, mapPrio, mapQueue }) {
    if (!addSet && !delSet && !mapSet) throw new InputError('give one of --add-set, --del-set and --map-set')
    if (!addSet && exist) throw new InputError('--exist can be used with --add-set only')
    if (!addSet && timeout !== undefined) throw new InputError('--timeout can be used with --add-set only')
    const mapped = mapMark || mapPrio || mapQueue
    if (!mapSet && mapped) throw new InputError('--map-mark, --map-prio and --map-queue can be used with --map-set only')
    if (mapSet && !mapped) throw new InputError('--map-set needs --map-mark, --map-prio or --map-queue')
  },
  finish(memory, { addSet, delSet, mapSet }) {
    absent(memory, 'add', addSet)
    absent(memory, 'del', delSet)
    absent(memory, 'map', mapSet)
  },
  list({ addSet, exist, timeout, delSet, mapSet, mapMark, mapPrio, mapQueue }, context) {
    const name = (what: string, lookup: typeof addSet) => lookup && `${what} ${setLookup.format(lookup, context)}`
    return line(
      name('add-set', addSet), exist && 'exist', timeout !== undefined && `timeout ${timeout}`, name('del-set', delSet),
      name('map-set', mapSet), mapMark && 'map-mark', mapPrio && 'map-prio', mapQueue && 'map-queue',
    )
  },
})
