import { InputError } from '../../netlink/index.js'
import { type RuleArguments, RuleObject, type RuleType, ruleType } from './rule.js'

/** What packets are marked with: 0 to 4,294,967,295, or text such as `0x1/0xff`. */
export type MarkValue = number | bigint | string

/** Random marks are of 16 bits; 0 is the mark of all packets that have none. */
const MOST = 0xffff

/** Marks of 16 bits that this process has used. */
const used = new Set<number>()

class MarkObject extends RuleObject {
  readonly mark: MarkValue

  constructor(mark: MarkValue, given: RuleArguments = {}) {
    checkMark(mark)
    super({ jump: 'MARK', ...refuse(given, ['jump', 'j', 'setMark', 'set_mark']), setMark: mark })
    this.mark = mark
    if (Number(mark) >= 1 && Number(mark) <= MOST) used.add(Number(mark))
  }
}

class MarkedObject extends RuleObject {
  readonly mark: MarkValue

  constructor(mark: MarkValue | MarkObject, given: RuleArguments = {}) {
    const value = mark instanceof MarkObject ? mark.mark : mark
    checkMark(value)
    super({ ...refuse(given, ['mark']), match: ['mark', ...matchesOf(given)], mark: value })
    this.mark = value
  }
}

class DropMarkedObject extends MarkedObject {
  constructor(mark: MarkValue | MarkObject, given: RuleArguments = {}) {
    super(mark, { jump: 'DROP', ...refuse(given, ['jump', 'j']) })
  }
}

class AcceptMarkedObject extends MarkedObject {
  constructor(mark: MarkValue | MarkObject, given: RuleArguments = {}) {
    super(mark, { jump: 'ACCEPT', ...refuse(given, ['jump', 'j']) })
  }
}

/** A rule that marks packets: `-j MARK --set-mark 5`. */
export const Mark: RuleType<typeof MarkObject> = ruleType(MarkObject, 'Mark')
export type Mark = InstanceType<typeof Mark>
/** A rule for marked packets: `-m mark --mark 5`; the mark as a value, or the Mark that sets it. */
export const Marked: RuleType<typeof MarkedObject> = ruleType(MarkedObject, 'Marked')
export type Marked = InstanceType<typeof Marked>
/** Drops marked packets. */
export const DropMarked: RuleType<typeof DropMarkedObject> = ruleType(DropMarkedObject, 'DropMarked')
export type DropMarked = InstanceType<typeof DropMarked>
/** Lets marked packets pass. */
export const AcceptMarked: RuleType<typeof AcceptMarkedObject> = ruleType(AcceptMarkedObject, 'AcceptMarked')
export type AcceptMarked = InstanceType<typeof AcceptMarked>

/** A Mark with a value from 1 to 65,535 that no Mark of this process has; when all have been used, any of them. */
export function randomMark(): Mark {
  if (used.size >= MOST) used.clear()
  let mark = 1 + Math.floor(Math.random() * MOST)
  while (used.has(mark)) mark = (mark % MOST) + 1
  return new Mark(mark)
}

function checkMark(mark: unknown): void {
  if (typeof mark === 'string' && mark !== '') return
  if (typeof mark === 'bigint' && mark >= 0n && mark <= 0xffff_ffffn) return
  if (typeof mark === 'number' && Number.isInteger(mark) && mark >= 0 && mark <= 0xffff_ffff) return
  throw new InputError(`'${typeof mark === 'object' ? 'an object' : String(mark)}' is no mark: it is a number of 32 bits, or text such as 0x1/0xff`, { path: 'mark' })
}

function refuse(given: RuleArguments, names: readonly string[]): RuleArguments {
  const name = names.find((one) => one in given)
  if (name !== undefined) throw new InputError('this rule has its own', { path: name })
  return given
}

function matchesOf({ match }: RuleArguments): readonly string[] {
  return match === undefined ? [] : typeof match === 'string' ? [match] : match
}
