import { type Message, messages, messageType, readNfGenMsg, SUBSYSTEM } from '../../../netlink/index.js'
import type { Committed } from '../../event.js'
import { Generation, MESSAGE } from '../messages.js'

const [FIRST, LAST] = [messageType(SUBSYSTEM.nftables, 0), messageType(SUBSYSTEM.nftables, 0xff)]

/** One thing that a commit has done. */
export interface Announcement {
  /** NFT_MSG_* */
  readonly command: number
  /** Number of the family: FAMILY. */
  readonly family: number
  /** Behind its nfgenmsg. */
  readonly message: Message
}

/** A commit, and what it has done in the families that are asked for. */
export interface Commit extends Committed {
  readonly changes: readonly Announcement[]
}

/** Puts together what the kernel tells of commits: what each has done, and then who has made it. */
export class Announcements {
  readonly #families: readonly number[]
  #changes: (Announcement & { readonly half: number })[] = []

  constructor(families: readonly number[]) {
    this.#families = families
  }

  /** The commits that a datagram ends. Its bytes must stay as they are until they have been read. */
  *take(datagram: Uint8Array): Generator<Commit> {
    for (const message of messages(datagram)) {
      if (message.type < FIRST || message.type > LAST) continue
      const command = message.type & 0xff
      // The kernel puts the lower half of the generation where other subsystems have their resource.
      const { family, resource: half } = readNfGenMsg(message)
      if (command !== MESSAGE.newGeneration) {
        if (this.#families.includes(family)) this.#changes.push({ command, family, message, half })
        continue
      }
      const { id = 0, pid = 0, program = '' } = Generation.read(message.body)
      // What is left of a commit whose end was lost is of another generation.
      const changes = this.#changes.filter((change) => change.half === (id & 0xffff))
      this.#changes = []
      yield { generation: id, pid, program, changes }
    }
  }

  /** Drops what has come of a commit whose rest was lost. */
  clear(): void {
    this.#changes = []
  }
}
