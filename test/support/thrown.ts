/** What is thrown; fails the test where nothing is. */
export function thrownBy(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('this should have thrown')
}
