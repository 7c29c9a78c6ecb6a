import { InputError, TextError } from '../../../src/xtables/index.js'

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** What is wrong with a text, and where. Anything but a TextError is thrown on. */
export function textErrorOf(run: () => unknown): { reason: string; line: number; column: number } {
  const error = thrownBy(run)
  if (!TextError.is(error)) throw error
  const { reason, line, column } = error
  return { reason, line, column }
}

/** What is wrong with a value, and where. Anything but an InputError is thrown on. */
export function inputErrorOf(run: () => unknown): { reason: string; path: string } {
  const error = thrownBy(run)
  if (!InputError.is(error)) throw error
  return { reason: error.reason, path: error.path }
}
