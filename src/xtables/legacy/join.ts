import { Writer } from '../../netlink/wire/cursor.js'
import { InputError } from '../../netlink/wire/error.js'
import { breathe, busy } from '../../netlink/index.js'
import type { ChainDraft, Counting, Slot, TableDraft } from '../draft.js'
import { type EncodeOptions, EntryWriter, STANDARD_SIZE, writeVerdict } from '../entry.js'
import { HEADER_OFFSETS, HEADER_SIZE } from '../header.js'
import { CHAIN_NAME_SIZE, EXTENSION_HEADER, ErrorTarget, ExtensionHeader, TableReplace } from '../layout.js'
import { aligned } from '../face.js'
import type { RuleInput } from '../rule.js'
import type { Entry } from './split.js'
import { VERDICTS } from '../verdict.js'

/** A table as SO_SET_REPLACE takes it. */
export interface Joined {
  /** `ipt_replace` and the entries behind it. */
  readonly bytes: Buffer
  /** What becomes of the counters of each entry: `new` for those that begin at zero, else where they come from. */
  readonly counting: readonly EntryCounting[]
}

/** What the counters of an entry begin with, and the entry of the old table that it was. */
export interface EntryCounting {
  readonly how: Counting
  readonly entry: Entry | undefined
}

/** What is to be known of the table that is replaced. */
export interface Replaced {
  readonly validHooks: number
  /** The number of its entries. */
  readonly entries: number
  /** Its entries, which those slots that are kept are copied from. */
  readonly bytes: Buffer
  /** Where the kernel is to write its counters. */
  readonly counters: bigint
}

const ERROR_SIZE = EXTENSION_HEADER + aligned(CHAIN_NAME_SIZE)

/** Puts the chains of a draft together in the order of libiptc: built-in ones, the others by name, an end mark. */
export async function join(table: TableDraft, replaced: Replaced, options: Omit<EncodeOptions, 'chain' | 'family'>): Promise<Joined> {
  return new Joiner(table, replaced, options).join()
}

class Joiner {
  readonly #table: TableDraft
  readonly #replaced: Replaced
  readonly #writer: Writer
  readonly #rules: EntryWriter
  readonly #counting: EntryCounting[] = []
  readonly #hookEntry = [0, 0, 0, 0, 0]
  readonly #underflow = [0, 0, 0, 0, 0]
  readonly #chainAt = new Map<string, number>()
  /** Verdicts that wait for the place of a chain. */
  readonly #jumps: { readonly at: number; readonly chain: string }[] = []

  constructor(table: TableDraft, replaced: Replaced, options: Omit<EncodeOptions, 'chain' | 'family'>) {
    this.#table = table
    this.#replaced = replaced
    let news = 0
    for (const chain of table.chains.values()) for (const slot of chain.slots) if (slot.given) news++
    this.#writer = new Writer(TableReplace.size + replaced.bytes.length + 384 * (news + table.chains.size + 1))
    this.#rules = new EntryWriter({
      ...options,
      family: table.family,
      chain: (chain) => {
        this.#jumps.push({ at: this.#writer.at + EXTENSION_HEADER, chain })
        return 0
      },
    })
  }

  async join(): Promise<Joined> {
    const writer = this.#writer
    writer.reserve(TableReplace.size)
    for (const chain of this.#table.inOrder()) {
      if (chain.hook >= 0) this.#hookEntry[chain.hook] = this.#place
      else this.#error(chain.name)
      this.#chainAt.set(chain.name, this.#place)
      await this.#chainRules(chain)
      if (chain.hook >= 0) this.#policy(chain)
      else this.#verdict(VERDICTS.RETURN as number)
    }
    this.#error('ERROR')
    for (const { at, chain } of this.#jumps) writer.setU32At(at, this.#chainAt.get(chain) as number)
    this.#header()
    return { bytes: writer.written(), counting: this.#counting }
  }

  /** Where the next entry begins, counted from the start of the table. */
  get #place(): number {
    return this.#writer.at - TableReplace.size
  }

  async #chainRules(chain: ChainDraft): Promise<void> {
    for (let i = 0; i < chain.slots.length; i++) {
      const slot = chain.slots[i] as Slot
      if (slot.given) this.#given(chain, i, slot, slot.given)
      else if ((slot.origin as Entry).link === 'none') i = this.#keptRun(chain.slots, i)
      else this.#kept(slot, slot.origin as Entry)
      if ((i & 63) === 63 && busy()) await breathe()
    }
  }

  #given(chain: ChainDraft, index: number, { counting }: Slot, rule: RuleInput): void {
    try {
      const start = this.#writer.at
      this.#rules.write(this.#writer, rule, this.#place)
      this.#tell(start, counting)
    } catch (error) {
      throw InputError.is(error) ? error.within(`${this.#table.name} ${chain.name} rule ${index + 1}`) : error
    }
    this.#counting.push({ how: counting, entry: undefined })
  }

  /** Copies rules that stood side by side and still do, and that lead nowhere; the place of the last one. */
  #keptRun(slots: readonly Slot[], from: number): number {
    const { at } = (slots[from] as Slot).origin as Entry
    let end = at
    let i = from
    // So many at a time, for the event loop's sake.
    for (; i < slots.length && i < (from | 63) + 1; i++) {
      const { origin, given, counting } = slots[i] as Slot
      const entry = origin as Entry
      if (given || entry.at !== end || entry.link !== 'none') break
      end += entry.size
      this.#counting.push({ how: counting, entry })
    }
    const start = this.#writer.reserve(end - at)
    this.#replaced.bytes.copy(this.#writer.bytes, start, at, end)
    return i - 1
  }

  #kept({ jump, counting }: Slot, entry: Entry): void {
    const { at, size, link } = entry
    const writer = this.#writer
    const start = writer.reserve(size)
    // The kernel does not look at the counters, nor at what it has noted in the entry itself.
    this.#replaced.bytes.copy(writer.bytes, start, at, at + size)
    if (link !== 'none') {
      const verdict = start + writer.u16At(start + HEADER_OFFSETS[this.#table.family].targetOffset) + EXTENSION_HEADER
      if (link === 'next') writer.setU32At(verdict, this.#place)
      else this.#jumps.push({ at: verdict, chain: jump as string })
    }
    this.#counting.push({ how: counting, entry })
  }

  #policy(chain: ChainDraft): void {
    this.#underflow[chain.hook] = this.#place
    this.#verdict(VERDICTS[chain.policy ?? 'ACCEPT'] as number, chain.counting, chain.origin as Entry | undefined)
  }

  #verdict(verdict: number, how: Counting = 'new', entry?: Entry): void {
    const start = this.#writer.at
    this.#bare(STANDARD_SIZE)
    writeVerdict(this.#writer, verdict)
    this.#tell(start, how)
    this.#counting.push({ how: entry === undefined && typeof how === 'string' ? 'new' : how, entry })
  }

  /** A head, or the end mark. */
  #error(name: string): void {
    this.#bare(ERROR_SIZE)
    const start = this.#writer.reserve(ERROR_SIZE)
    this.#writer.bytes.fill(0, start, start + ERROR_SIZE)
    this.#writer.at = start
    ExtensionHeader.write(this.#writer, { size: ERROR_SIZE, name: 'ERROR', revision: 0 })
    ErrorTarget.write(this.#writer, { chain: name })
    this.#writer.at = start + ERROR_SIZE
    this.#counting.push({ how: 'new', entry: undefined })
  }

  /** Counters that are set stand in the entry, too, as libiptc writes them; the kernel does not look at them. */
  #tell(start: number, counting: Counting): void {
    if (typeof counting !== 'object') return
    const { packets, bytes } = HEADER_OFFSETS[this.#table.family]
    this.#writer.setU64At(start + packets, counting.packets)
    this.#writer.setU64At(start + bytes, counting.bytes)
  }

  /** The struct of an entry without conditions, for a target of so many bytes. */
  #bare(target: number): void {
    const { family } = this.#table
    const start = this.#writer.reserve(HEADER_SIZE[family])
    this.#writer.bytes.fill(0, start, start + HEADER_SIZE[family])
    this.#writer.setU16At(start + HEADER_OFFSETS[family].targetOffset, HEADER_SIZE[family])
    this.#writer.setU16At(start + HEADER_OFFSETS[family].nextOffset, HEADER_SIZE[family] + target)
  }

  #header(): void {
    const end = this.#writer.at
    this.#writer.at = 0
    TableReplace.write(this.#writer, {
      name: this.#table.name,
      validHooks: this.#replaced.validHooks,
      entries: this.#counting.length,
      size: end - TableReplace.size,
      hookEntry: this.#hookEntry,
      underflow: this.#underflow,
      oldEntries: this.#replaced.entries,
      counters: this.#replaced.counters,
    })
    this.#writer.at = end
  }
}
