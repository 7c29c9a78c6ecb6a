import { beginNfMessage, FAMILY, finishMessage, messageType, NLM_F, setSequence, SUBSYSTEM } from '../netlink/index.js'
import { close, NESTED, open } from '../netlink/wire/attributes.js'
import { Writer } from '../netlink/wire/cursor.js'
import { type Entry, Entry as EntryCodec, EntryCommand } from './attributes.js'
import { COMMAND } from './command.js'
import type { PlainWriter } from './plain.js'

const DATA = 7 | NESTED // IPSET_ATTR_DATA
const ADT = 8 | NESTED // IPSET_ATTR_ADT
/** An attribute holds at most 65,535 bytes; an entry with the longest comment and names takes less than 700. */
const FULL = 0xffff - 700

/** One message of many entries to add or delete, filled until it is full. The kernel stops at the first it refuses. */
export class Batch {
  readonly #writer = new Writer(0xffff + 256)
  #adt = 0
  /** Number of the first entry, counted from 0 over the whole operation. */
  first = 0
  /** Entries in the batch. */
  count = 0
  /** What an error shall name of each entry: the entry as it was given, or its line. */
  readonly labels: unknown[] = []

  /** Empties the batch, and begins a message of this command. */
  begin(command: 'add' | 'delete', set: string, protocol: number, exclusive: boolean, first: number): void {
    const { number, flags } = COMMAND[command]
    const writer = this.#writer
    writer.at = 0
    beginNfMessage(writer, messageType(SUBSYSTEM.ipset, number), exclusive ? flags : flags & ~NLM_F.exclusive, FAMILY.inet)
    EntryCommand.write(writer, { protocol, name: set, lineno: 0 })
    this.#adt = open(writer, ADT)
    this.first = first
    this.count = 0
    this.labels.length = 0
  }

  get full(): boolean {
    return this.#writer.at - this.#adt > FULL
  }

  /** Adds an entry; the batch must not be full. An entry that cannot be written leaves the batch as it was. */
  put(entry: Entry, label: unknown): void {
    const writer = this.#writer
    const start = writer.at
    try {
      const nest = open(writer, DATA)
      entry.lineno = this.first + this.count + 1
      EntryCodec.write(writer, entry)
      close(writer, nest)
    } catch (error) {
      writer.at = start
      throw error
    }
    this.labels[this.count++] = label
  }

  /** Adds an entry by a short cut; false when that does not take it, and nothing is added. */
  putPlain(write: PlainWriter, text: string, label: unknown): boolean {
    if (!write(this.#writer, text, this.first + this.count + 1)) return false
    this.labels[this.count++] = label
    return true
  }

  /** The finished message. */
  finish(sequence: number): Buffer {
    close(this.#writer, this.#adt)
    finishMessage(this.#writer, 0)
    setSequence(this.#writer.bytes, 0, sequence)
    return this.#writer.written()
  }
}
