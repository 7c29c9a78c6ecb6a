// What is not as it should be.
import { isDeepStrictEqual } from 'node:util'

export class Difference extends Error {
  name = 'Difference'
}

export function demand(holds, what) {
  if (!holds) throw new Difference(what)
}

/** Lists that should be the same: says which items are missing, and which are too many. */
export function demandSameList(actual, expected, what) {
  if (isDeepStrictEqual(actual, expected)) return
  const missing = expected.filter((one) => !actual.includes(one))
  const more = actual.filter((one) => !expected.includes(one))
  const order = missing.length + more.length === 0 ? [`order: ${JSON.stringify(actual)}`, `expected: ${JSON.stringify(expected)}`] : []
  throw new Difference([what, ...missing.map((one) => `missing: ${one}`), ...more.map((one) => `too many: ${one}`), ...order].join('\n  '))
}

/** What a promise is rejected with, where that is expected. */
export async function rejection(promise, what, ...classes) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  if (error === undefined) throw new Difference(`${what}: this should have been refused`)
  if (!classes.some((one) => one.is(error))) throw error
  return error
}
