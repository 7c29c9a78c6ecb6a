import { beginNfMessage, FAMILY, finishMessage, inside, messageType, SUBSYSTEM } from '../netlink/index.js'
import { Writer } from '../netlink/wire/cursor.js'
import { EntryCommand } from './attributes.js'
import type { BulkOptions, BulkTarget } from './bulk.js'
import { COMMAND } from './command.js'
import { elementText, readEntry } from './element.js'
import { each, type Entries, sizeOf } from './entries.js'
import { IPSET_ERR_EXIST, ipsetError } from './error.js'
import type { Session } from './session.js'

/** Messages in one datagram of tests: their answers have to fit the receive buffer. */
const TESTS = 128

/** Tests entries, many to a datagram; gives for each in turn whether it is in the set. */
export async function testAll(session: Session, target: BulkTarget, entries: Entries, options: BulkOptions): Promise<boolean[]> {
  const { set, type, reading } = target
  const results: boolean[] = []
  const total = sizeOf(entries)
  const writer = new Writer(16 * 1024)
  let given: unknown[] = []
  const flush = async () => {
    const base = results.length
    const asked = given
    given = []
    const { connection, protocol } = session
    const first = connection.sequence(asked.length)
    writer.at = 0
    asked.forEach((value, i) => {
      const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, COMMAND.test.number), COMMAND.test.flags, FAMILY.inet, first + i)
      inside(`entries[${base + i}]`, () => {
        EntryCommand.write(writer, { protocol, name: set, data: readEntry(type, value, reading, options.defaults) })
      })
      finishMessage(writer, start)
    })
    let refusal: Error | undefined
    await connection.exchange('test', writer.written(), first, asked.length, {
      acknowledged(ack, index) {
        results[base + index] = ack.errno === 0
        if (ack.errno === 0 || ack.errno === IPSET_ERR_EXIST) return
        refusal ??= ipsetError(ack, { command: 'test', set, group: type.group, entry: elementText(asked[index]) })
      },
    }, { signal: options.signal })
    if (refusal) throw refusal
    options.onProgress?.({ done: results.length, total })
  }
  await each(entries, (value) => {
    given.push(value)
    return given.length >= TESTS ? flush() : undefined
  })
  if (given.length > 0) await flush()
  return results
}
