import { Reader } from '../../../netlink/wire/cursor.js'
import { StructMemory } from '../../../netlink/wire/record.js'
import { type Context, type Family, NO_SETS } from '../../context.js'
import type { Extension } from '../../extension.js'
import { type Face, face, newest } from '../../face.js'
import type { Bag, Memory } from '../../option.js'
import { type ExtensionType, findExtension } from '../../registry.js'
import { seal } from '../../sealed.js'

interface Struct {
  readonly memory: Memory
  readonly reader: Reader
  readonly face: Face
}

/** Options of extensions from the members of their structs: for what nf_tables says in expressions of its own. */
export class Structs {
  readonly #context: Context
  readonly #known = new Map<string, Struct>()

  constructor(family: Family) {
    this.#context = { family, protocol: 0, sets: NO_SETS }
  }

  /** Members that are not given are zero. Throws an InputError where a value does not fit. */
  options(type: ExtensionType, name: string, members: object): Bag {
    const struct = this.#known.get(name) ?? this.#make(type, name)
    struct.memory.clear()
    for (const key in members) struct.memory.set(key, members[key as never])
    return seal(struct.face.read(struct.reader, 0, this.#context))
  }

  #make(type: ExtensionType, name: string): Struct {
    const extension = findExtension(type, name, this.#context.family) as Extension
    const one = face(extension, newest(extension)) as Face
    const memory: Memory = new StructMemory(extension.revisions[one.revision] as Extension['revisions'][number], one.size)
    const struct = { memory, reader: new Reader(memory.bytes), face: one }
    this.#known.set(name, struct)
    return struct
  }
}
