import { array, blob } from '../../netlink/wire/array.js'
import { decode, encode } from '../../netlink/wire/codec.js'
import { InputError } from '../../netlink/wire/error.js'
import { s32, u8, u16, u32, u64 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { chars } from '../../netlink/wire/text.js'
import { match } from '../extension.js'
import { type Kind, kindOf } from '../kind.js'
import { exactlyOne } from '../kinds/exclusive.js'
import { outOfRange, uint8, uint16, uint32 } from '../kinds/number.js'
import { text } from '../kinds/text.js'
import { type Memory, option } from '../option.js'

/** XT_BPF_MAX_NUM_INSTR */
const PROGRAM_MAX = 64
const PATH_SIZE = 512

/** include/uapi/linux/filter.h */
const SockFilter = struct('sock_filter', {
  code: field(u16, 'code', 'what it does'),
  jt: field(u8, 'jt', 'instructions to skip where it is true'),
  jf: field(u8, 'jf', 'instructions to skip where it is false'),
  k: field(u32, 'k', 'a number it works with'),
})

const Program = array(SockFilter, PROGRAM_MAX)
const Path = chars(PATH_SIZE)

const program = field(blob(PATH_SIZE, 4), 'bpf_program', 'the program, or where one is pinned')
const count = field(u16, 'bpf_program_num_elem', 'instructions of the program')
const filter = field(u64, 'filter', 'a pointer of the kernel')

/** include/uapi/linux/netfilter/xt_bpf.h */
const XtBpfInfo = struct('xt_bpf_info', { count, program, filter })

/** include/uapi/linux/netfilter/xt_bpf.h */
const XtBpfInfoV1 = struct('xt_bpf_info_v1', {
  mode: field(u16, 'mode', 'XT_BPF_MODE_*'),
  count,
  descriptor: field(s32, 'fd', 'a file descriptor of the program that added the rule; the kernel goes by the path'),
  program,
  filter,
})

const MODE_BYTECODE = 0
const MODE_PINNED = 1

/** One instruction of classic BPF. */
export interface BpfInstruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

function checked(program: readonly BpfInstruction[]): readonly BpfInstruction[] {
  if (!Array.isArray(program)) throw new InputError(`'${shown(program)}' is no list of { code, jt, jf, k }`)
  const { length } = program
  if (length === 0 || length > PROGRAM_MAX) throw new InputError(`${length} instructions, 1 to ${PROGRAM_MAX} may be`)
  for (const instruction of program) {
    if (typeof instruction !== 'object' || instruction === null) {
      throw new InputError(`'${shown(instruction)}' is no instruction { code, jt, jf, k }`)
    }
    const { code, jt, jf, k } = instruction
    uint16.pack(code, undefined as never)
    for (const jump of [jt, jf]) uint8.pack(jump, undefined as never)
    uint32.pack(k, undefined as never)
  }
  return program
}

function instruction(words: string, at: number): BpfInstruction {
  const numbers = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(words)?.slice(1).map(Number)
  if (!numbers) {
    throw new InputError(`instruction ${at} ('${words}') is not four decimal numbers (code, jt, jf and k)`)
  }
  const [code = 0, jt = 0, jf = 0, k = 0] = numbers
  return { code, jt, jf, k }
}

/** Instructions with their number in front: `2,48 0 0 9,6 0 0 1`. */
const bytecode: Kind<readonly BpfInstruction[], readonly BpfInstruction[]> = kindOf({
  name: 'length,code jt jf k,…',
  parse(text) {
    const [length = '', ...rest] = text.split(',')
    if (rest.at(-1) === '') rest.pop()
    if (!/^\s*\d+$/.test(length) || !text.includes(',')) {
      throw new InputError('the program must begin with the number of its instructions')
    }
    if (Number(length) > PROGRAM_MAX) throw outOfRange(length, 1, PROGRAM_MAX)
    if (rest.length !== Number(length)) {
      throw new InputError(`${rest.length} instructions where the number in front says ${length}`)
    }
    return checked(rest.map(instruction))
  },
  format: (value) => `"${value.length},${listProgram(value)}"`,
  pack: checked,
  unpack: (raw) => raw,
})

function listProgram(program: readonly BpfInstruction[]): string {
  return program.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`).join(',')
}

function modeOf(memory: Memory): number {
  return memory.knows('mode') ? memory.get('mode') : MODE_BYTECODE
}

export const bpf = match('bpf', {
  tight: true,
  doc: 'Runs a program of the Berkeley Packet Filter over the packet.',
  revisions: { 1: XtBpfInfoV1, 0: XtBpfInfo },
  private: 'filter',
  options: {
    bytecode: option(bytecode, 'the instructions, 1 to 64, with their number in front: what nfbpf_compile prints', {
      pack(memory, value: readonly BpfInstruction[]) {
        memory.set('count', value.length)
        memory.set('program', encode(Program, value))
      },
      unpack: (memory) => modeOf(memory) === MODE_BYTECODE
        ? decode(Program, memory.get('program')).slice(0, memory.get('count'))
        : undefined,
    }),
    objectPinned: option(text({ max: PATH_SIZE - 1, bare: true }), 'the path at which a program is pinned', {
      pack(memory, value: string) {
        if (!memory.knows('mode')) {
          throw new InputError('revision 0, which this kernel has, does not know pinned programs')
        }
        memory.set('mode', MODE_PINNED)
        memory.set('program', encode(Path, value))
      },
      unpack: (memory) => (modeOf(memory) === MODE_PINNED ? decode(Path, memory.get('program')) : undefined),
    }),
    // iptables leaves here the number of a file it had open. It means nothing, but it is part of the rule's bytes.
    descriptor: option(uint32, 'left behind by the program that added the rule, without a meaning', {
      flag: '',
      pack(memory, value: number) {
        if (memory.knows('descriptor')) memory.set('descriptor', value)
      },
      unpack: (memory) => (modeOf(memory) === MODE_PINNED ? memory.get('descriptor') || undefined : undefined),
      save: () => '',
    }),
  },
  check(options) {
    exactlyOne(options, ['bytecode', 'objectPinned'])
    if (options.descriptor !== undefined && options.bytecode) {
      throw new InputError('a descriptor goes with --object-pinned only')
    }
  },
  list: ({ bytecode, objectPinned }) =>
    `match bpf ${bytecode === undefined ? `pinned ${objectPinned}` : listProgram(bytecode)}`,
})
