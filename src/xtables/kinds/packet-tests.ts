import { InputError } from '../../netlink/wire/error.js'
import { hex, parseUint } from './number.js'

/** Tests of one rule, operations of one location, ranges of one test: each at most this (XT_U32_MAXSIZE). */
const LIMIT = 10

/** In the order of XT_U32_* (include/uapi/linux/netfilter/xt_u32.h). */
const OPERATIONS = ['&', '<<', '>>', '@'] as const

/** A number found in the packet, and the ranges it may lie in. */
export interface Test {
  /** The first is an offset; each of the others does something with what was found so far. */
  readonly location: readonly { readonly number: number; readonly operation: number }[]
  readonly values: readonly { readonly min: number; readonly max: number }[]
}

/** Takes one token after the other from a text, blanks in front of them left out. */
class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0]
  }

  /** Goes behind `token` where that comes next. */
  take(token: string): boolean {
    const blanks = this.#match(/[ \t-\r]*/y)?.length ?? 0
    if (!this.#text.startsWith(token, this.#at + blanks)) return false
    this.#at += blanks + token.length
    return true
  }

  number(): number {
    const word = this.#match(/[ \t-\r]*\+?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/y) ?? ''
    const value = parseUint(word.trim().replace('+', ''), 0, 0xffff_ffff)
    if (value < 0) throw this.error('a number from 0 to 4294967295')
    this.#at += word.length
    return value
  }

  get ended(): boolean {
    return (this.#match(/[ \t-\r]*/y)?.length ?? 0) + this.#at === this.#text.length
  }

  error(expected: string): InputError {
    const rest = this.#text.slice(this.#at).trim()
    const found = rest === '' ? 'the end' : `'${rest.slice(0, 20)}'`
    return new InputError(`at character ${this.#at + 1} (${found}) ${expected} must follow`)
  }
}

function push<T>(list: T[], value: T, what: string): void {
  if (list.push(value) > LIMIT) throw new InputError(`more than ${LIMIT} ${what}`)
}

function readTest(cursor: Cursor): Test {
  const location = [{ number: cursor.number(), operation: 0 }]
  while (!cursor.take('=')) {
    const operation = OPERATIONS.findIndex((sign) => cursor.take(sign))
    if (operation < 0) throw cursor.error('an operator (& << >> @) or =')
    push(location, { number: cursor.number(), operation }, 'numbers in one location')
  }
  const values: { min: number; max: number }[] = []
  do {
    const min = cursor.number()
    push(values, { min, max: cursor.take(':') ? cursor.number() : min }, 'ranges of values in one test')
  } while (cursor.take(','))
  return { location, values }
}

/** Tests out of their text: `6&0xFF=1 && 0>>22&0x3C@0>>24=0:5,7`. */
export function parseTests(text: string): Test[] {
  const cursor = new Cursor(text)
  const tests: Test[] = []
  do push(tests, readTest(cursor), 'tests')
  while (cursor.take('&&'))
  if (!cursor.ended) throw cursor.error(', or &&')
  return tests
}

/** The text of tests, all numbers in hexadecimal. Throws an InputError for an operation that has no name. */
export function formatTests(tests: readonly Test[]): string {
  return tests.map(({ location, values }) => {
    const steps = location.map(({ number, operation }, at) => `${at === 0 ? '' : sign(operation)}${hex(number)}`)
    const ranges = values.map(({ min, max }) => (min === max ? hex(min) : `${hex(min)}:${hex(max)}`))
    return `${steps.join('')}=${ranges.join(',')}`
  }).join('&&')
}

function sign(operation: number): string {
  const text = OPERATIONS[operation]
  if (text === undefined) throw new InputError(`there is no operation ${operation}`)
  return text
}
