import { inspect } from 'node:util'
import { InputError } from '../../netlink/index.js'
import { type Argument, CustomArgument, KNOWN, type UnboundArgument } from './argument.js'
import { callable } from './callable.js'
import { indexed } from './indexed.js'
import type { ArgumentValue } from './value.js'

/** Arguments by their names in any spelling: `{ proto: 'tcp', dport: 22, source__not: '10.0.0.0/8', args: [new Match(…)] }`. */
export interface Arguments {
  /** Lists of more arguments, behind these. */
  readonly args?: readonly ArgumentList[] | undefined
  /** The names of matches, one or several; their options stand beside it. */
  readonly match?: string | readonly string[] | undefined
  readonly [name: string]: ArgumentValue | readonly ArgumentList[] | undefined
}

/** What a list holds. Under a symbol, so that every name may be that of an argument. */
const ITEMS = Symbol('items')

interface Items {
  readonly known: readonly UnboundArgument[]
  readonly own: readonly Argument[]
  readonly lists: readonly ArgumentList[]
}

class ArgumentListClass {
  [ITEMS]: Items

  /** Throws an InputError that names the argument that makes no sense. */
  constructor(given: Arguments = {}, known: readonly UnboundArgument[] = KNOWN) {
    const { args = [], ...values } = given
    const lists = checkLists(args)
    const own = sorted(merge([], bindAll(values, known)), known)
    this[ITEMS] = { known, own, lists }
    // biome-ignore lint/correctness/noConstructorReturn: names of arguments are properties of it
    return indexed<ArgumentListClass>(this, {
      find: (list, name) => list.get(name),
      advice: 'a list of arguments cannot be changed: call with() for a longer one',
    })
  }

  /** A list of these arguments and more. Throws an InputError where the two contradict each other. */
  with(given: Arguments = {}): ArgumentList {
    const { known, own, lists } = this[ITEMS]
    const { args = [], ...values } = given
    const list = new ArgumentListClass()
    list[ITEMS] = { known, own: sorted(merge(own, bindAll(values, known)), known), lists: [...lists, ...checkLists(args)] }
    return list
  }

  /** The argument of a name in any spelling, also one of the lists in it; the first where there are several. */
  get(name: string): Argument | undefined {
    for (const argument of this) if (isCalled(argument, name)) return argument
    return undefined
  }

  /** Whether there is an argument of a name; `name in list` says the same. */
  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  *[Symbol.iterator](): Generator<Argument, void> {
    const { own, lists } = this[ITEMS]
    yield* own
    for (const list of lists) yield* list
  }

  /** All arguments in the language of iptables, each as it stands in a rule. */
  toIptables(): string {
    return [...this].map((argument) => argument.toIptables()).join(' ')
  }

  toString(): string {
    return this.toIptables()
  }

  [inspect.custom](): string {
    return `${this.constructor.name} <${this.toIptables()}>`
  }
}

/** Options of a rule in their order. `list.get('proto')`, `list.proto`, `'proto' in list`. */
export const ArgumentList = callable(ArgumentListClass, 'ArgumentList')
export type ArgumentList = ArgumentListClass

class MatchClass extends ArgumentListClass {
  constructor(name: string, options: Arguments = {}) {
    if (typeof name !== 'string') throw new InputError('the name of a match is text', { path: 'match' })
    if ('match' in options) throw new InputError(`a Match is one match, and this is ${name}`, { path: 'match' })
    super({ ...options, match: name })
  }
}

/** A match with its options: `new Match('iprange', { srcRange: '192.0.2.1-192.0.2.9' })`. Several in `args` keep theirs apart. */
export const Match = callable(MatchClass, 'Match')
export type Match = MatchClass

function isCalled(argument: Argument, name: string): boolean {
  try {
    return argument.hasName(name)
  } catch (error) {
    // What cannot be a name is not that of an argument.
    if (InputError.is(error)) return false
    throw error
  }
}

function checkLists(args: unknown): readonly ArgumentListClass[] {
  if (!Array.isArray(args)) throw new InputError('is a list of Match and ArgumentList objects', { path: 'args' })
  args.forEach((one, index) => {
    if (!(one instanceof ArgumentListClass)) throw new InputError('is no Match or ArgumentList', { path: `args[${index}]` })
  })
  return args
}

function bindAll(values: Readonly<Record<string, unknown>>, known: readonly UnboundArgument[]): Argument[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const argument = known.find((one) => one.matches(key))
    if (!argument) return new CustomArgument(key, value)
    // Several matches are several arguments.
    if (argument.shortName === 'm' && Array.isArray(value)) return value.map((one) => argument.bind(key, one))
    return argument.bind(key, value)
  })
}

/** Both together, each argument once. Throws an InputError that names two that contradict each other. */
function merge(before: readonly Argument[], more: readonly Argument[]): Argument[] {
  const all = [...before]
  for (const argument of more) {
    const same = all.find((one) => slotOf(one) === slotOf(argument))
    if (!same) all.push(argument)
    else if (!same.equals(argument)) {
      throw new InputError(`'${argument.toIptables()}' contradicts '${same.toIptables()}', which is there already: give one of the two`, { path: argument.key })
    }
  }
  return all
}

/** What there is one of in a rule: a jump or a goto; each match. */
function slotOf(argument: Argument): string {
  if (argument.name === 'g') return 'j'
  return argument.name === 'm' ? `m ${argument.value}` : argument.name
}

/** Known arguments first, in their own order. */
function sorted(all: readonly Argument[], known: readonly UnboundArgument[]): readonly Argument[] {
  const place = ({ name }: Argument) => {
    const at = known.findIndex(({ shortName }) => shortName === name)
    return at < 0 ? known.length : at
  }
  return [...all].sort((a, b) => place(a) - place(b))
}
