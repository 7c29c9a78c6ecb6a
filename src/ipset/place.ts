import type { CallOptions } from '../netlink/index.js'
import { COMMAND, type Family, familyName } from './command.js'
import { type CreateOptions, familyOf } from './create.js'
import type { Reading } from './dimension/dimension.js'
import { typeOfElement } from './element.js'
import { typeNamed } from './header.js'
import type { Session } from './session.js'
import type { SetType } from './type.js'

/** What a set is, as far as its entries are concerned. */
export interface Place {
  readonly type: SetType
  readonly family: Family
}

/** Where an entry belongs, for those who know it: without these the set is asked, once. */
export interface EntryPlace {
  /** What entries of the set look like, such as `net,port`. */
  etype?: string | undefined
  /** Family of the entry, with `etype` only; `inet` when left out. */
  family?: CreateOptions['family']
}

/** Remembers what each set is. Another process may replace a set: then its errors lead to a second look. */
export class Places {
  readonly #known = new Map<string, Place>()

  /** What a set was when it was last asked. */
  known(name: string): Place | undefined {
    return this.#known.get(name)
  }

  set(name: string, place: Place): void {
    this.#known.set(name, place)
  }

  /** Forgets a set, or all. */
  forget(name?: string): void {
    if (name === undefined) this.#known.clear()
    else this.#known.delete(name)
  }

  /** The set's type and family: as said, as remembered, or as the kernel says. */
  async find(session: Session, name: string, { etype, family }: EntryPlace = {}, options: CallOptions = {}): Promise<Place> {
    if (etype !== undefined) {
      const type = typeOfElement(etype)
      return { type, family: familyOf(type, family) }
    }
    const known = this.#known.get(name)
    if (known) return known
    const answer = await session.set(COMMAND.header, { name }, { command: 'header', set: name }, options)
    const found = { type: typeNamed(answer.typename ?? ''), family: familyName(answer.family ?? 0) }
    this.#known.set(name, found)
    return found
  }

  /** What the set is by now, where that is not what was remembered. */
  async changed(session: Session, name: string, before: Place): Promise<Place | undefined> {
    this.#known.delete(name)
    try {
      const now = await this.find(session, name)
      return now.type.name === before.type.name && now.family === before.family ? undefined : now
    } catch {
      return undefined
    }
  }
}

/** How entries of a set are read from what a user gives. */
export function readingFor({ family }: Place, purpose: Reading['purpose']): Reading {
  return { family, purpose, lenient: false }
}
