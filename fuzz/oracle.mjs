// How it is judged what the library has made of an input.
import { isDeepStrictEqual } from 'node:util'

/** What the library must not do: in words, and with what. */
export class Fault extends Error {
  name = 'Fault'

  constructor(what, values) {
    super([what, ...values].join('\n  '))
    this.what = what
  }
}

/** Throws a Fault unless something is so. */
export function demand(holds, what, ...values) {
  if (!holds) throw new Fault(what, values.map(shown))
}

export function demandSame(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) throw new Fault(what, [`first ${shown(expected)}`, `then  ${shown(actual)}`])
}

/** A value as people read it, or give it to a program again; no longer than that helps. */
export function shown(value) {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : Buffer.isBuffer(value)
        ? `hex ${value.toString('hex')}`
        : JSON.stringify(value, plain)
  return text === undefined ? String(value) : text.length > 4000 ? `${text.slice(0, 4000)}… (${text.length} characters)` : text
}

/** For JSON.stringify: what JSON has no word for, in words. */
export function plain(key, value) {
  const given = this[key]
  if (given instanceof Uint8Array) return { hex: Buffer.from(given).toString('hex') }
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'symbol' || typeof value === 'function' || value === undefined) return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value instanceof Map ? [...value] : value
}

/** `readOr(classes)`: a function that gives what `read` gives, or undefined for an error of these classes. */
export function readOr(...classes) {
  return (read) => {
    try {
      return read()
    } catch (error) {
      if (classes.some((one) => one.is(error))) return undefined
      throw error
    }
  }
}

/** The same of a promise. */
export function settledOr(...classes) {
  return async (read) => {
    try {
      return await read()
    } catch (error) {
      if (classes.some((one) => one.is(error))) return undefined
      throw error
    }
  }
}

/** Where an error was thrown, without line numbers of the fuzzer: what two findings of one cause share. */
export function kindOf(error) {
  const frames = String(error?.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('/fuzz/') && !line.includes('node:'))
  const place =
    frames[0]
      ?.trim()
      .replace(/^at /, '')
      .replace(/\(?(?:file:\/\/)?\S*\/(\S+?)\)?$/, '$1') ?? ''
  const words = String(error?.what ?? error?.message ?? error)
    .replace(/["'].*["']/s, '…')
    .replace(/\d+/g, 'N')
    .split('\n')[0]
    .slice(0, 100)
  return `${error?.name ?? typeof error}: ${words} ${error instanceof Fault ? '' : place}`.trim()
}
