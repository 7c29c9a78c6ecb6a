import { decode } from '../netlink/wire/codec.js'
import { Reader } from '../netlink/wire/cursor.js'
import { InputError, ProtocolError } from '../netlink/wire/error.js'
import { chars } from '../netlink/wire/text.js'
import type { Context, Family, SetNames } from './context.js'
import { aligned, type Face, face } from './face.js'
import { EXTENSION_NAME_SIZE } from './layout.js'
import type { Bag } from './option.js'
import { type ExtensionType, kernelExtensions } from './registry.js'
import { Memo, seal } from './sealed.js'

/** Reads extensions: from their name, revision and data to their options. */
export class ExtensionReader {
  readonly #family: Family
  readonly #context: Context
  /** Whether the options that are being read name a set: what its index means may change. */
  #asksSets = false

  constructor(family: Family, sets: SetNames) {
    this.#family = family
    this.#context = {
      family,
      protocol: 0,
      sets: {
        index: (name) => {
          this.#asksSets = true
          return sets.index(name)
        },
        name: (index) => {
          this.#asksSets = true
          return sets.name(index)
        },
      },
    }
  }

  /**
   * The options of an extension; `match: 'unknown'` or `target: 'unknown'` where this library cannot say them. `header` is
   * the name with its padding and the revision, a character for each byte; its data stand in `size` bytes at `at`.
   */
  read(type: ExtensionType, header: string, reader: Reader, at: number, size: number): Bag {
    const { faces, memo } = kindOfHeader(this.#family, type, header)
    const key = memo.awake ? reader.buffer.toString('latin1', at, at + size) : undefined
    const before = key === undefined ? undefined : memo.get(key)
    if (before) return before
    const info = reader.buffer.subarray(at, at + size)
    for (const one of faces) {
      if (one.size !== info.length || !one.recognises(info)) continue
      this.#asksSets = false
      const options = readOptions(one, reader, at, info, this.#context)
      if (!options) continue
      if (key !== undefined && !this.#asksSets) memo.set(key, options)
      return options
    }
    if (!header.slice(0, EXTENSION_NAME_SIZE).includes('\0')) throw new ProtocolError('a name that does not end', { offset: at })
    const name = decode(chars(EXTENSION_NAME_SIZE), Buffer.from(header.slice(0, EXTENSION_NAME_SIZE), 'latin1'))
    return seal({ [type]: 'unknown', name, revision: header.charCodeAt(EXTENSION_NAME_SIZE), info: info.toString('hex') })
  }

  /** As `read`, for data that may lack the padding behind the struct. */
  padded(type: ExtensionType, header: string, info: Buffer): Bag {
    const whole = Buffer.alloc(aligned(info.length))
    whole.set(info)
    return this.read(type, header, new Reader(whole), 0, whole.length)
  }
}

/** What the name and the revision in front of an extension's data mean. */
interface HeaderKind {
  /** What the data may be, aliases of another extension first. */
  readonly faces: readonly Face[]
  /** Options by the bytes they were read from: the same ones stand in many rules. */
  readonly memo: Memo<Bag>
}

const headerKinds: Readonly<Record<Family, Readonly<Record<ExtensionType, Map<string, HeaderKind>>>>> = {
  ip: { match: new Map(), target: new Map() },
  ip6: { match: new Map(), target: new Map() },
}

function readHeader(header: string): { name: string; revision: number } {
  const nul = header.indexOf('\0')
  return { name: header.slice(0, Math.min(nul < 0 ? EXTENSION_NAME_SIZE : nul, EXTENSION_NAME_SIZE)), revision: header.charCodeAt(EXTENSION_NAME_SIZE) }
}

/** `header`: the name with its padding and the revision, a character for each byte. */
function kindOfHeader(family: Family, type: ExtensionType, header: string): HeaderKind {
  const kinds = headerKinds[family][type]
  let kind = kinds.get(header)
  if (!kind) {
    const { name, revision } = readHeader(header)
    const faces = kernelExtensions(type, name, family).map((extension) => face(extension, revision)).filter((one) => one !== undefined)
    kind = { faces, memo: new Memo() }
    if (kinds.size > 1024) kinds.clear()
    kinds.set(header, kind)
  }
  return kind
}

/** The options in the bytes of an extension; undefined where no options say the same. */
function readOptions(one: Face, reader: Reader, at: number, info: Buffer, context: Context): Bag | undefined {
  try {
    const options = one.read(reader, at, context)
    const again = one.pack(options, context)
    if (info.compare(again, 0, one.visible, 0, one.visible) !== 0) return undefined
    return seal(options)
  } catch (error) {
    if (InputError.is(error) || ProtocolError.is(error)) return undefined
    throw error
  }
}
