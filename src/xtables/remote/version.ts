import { createHash, type Hash } from 'node:crypto'
import { breathe, busy } from '../../netlink/index.js'
import type { ChainDraft, TableDraft } from '../draft.js'

/** Characters that are hashed at once. */
const PIECE = 65_536

/** Hashes texts, each apart from the next. */
class Digest {
  readonly #hash: Hash = createHash('sha256')
  #text = ''

  add(text: string): void {
    this.#text += `${text.length}:${text}`
    if (this.#text.length >= PIECE) this.#flush()
  }

  end(): string {
    this.#flush()
    return this.#hash.digest('base64url')
  }

  #flush(): void {
    // Keys hold bytes as characters, and names any character: nothing may be lost.
    this.#hash.update(this.#text, 'utf16le')
    this.#text = ''
  }
}

/** What the chains of a table are: names, policies, whether the kernel has them. What they have counted does not matter. */
export function chainsDigest(table: TableDraft): string {
  const digest = new Digest()
  for (const { name, hook, policy, origin } of table.chains.values()) {
    digest.add(name)
    digest.add(`${hook} ${policy ?? '-'} ${origin === undefined ? 'new' : 'there'}`)
  }
  return digest.end()
}

/** What the rules of a chain are that have been read: what they say, in their order; not what they have counted. */
export async function rulesDigest({ reader }: TableDraft, { slots }: ChainDraft): Promise<string> {
  const digest = new Digest()
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as ChainDraft['slots'][number]
    // A quick key and a slow one do not begin alike: bytes of expressions begin with a line feed.
    digest.add(reader.quickKey?.(slot) ?? `slow ${reader.key(slot)}`)
    if ((i & 31) === 31 && busy()) await breathe()
  }
  return digest.end()
}
