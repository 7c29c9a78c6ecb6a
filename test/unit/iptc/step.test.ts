import { giving, Step } from '../../../src/iptc/step.js'

const failing = () => Step.of<number>(Promise.reject(new Error('no')))
/** Lets all that waits run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a step', () => {
  test('ends as its work does', async () => {
    expect(await Step.of(Promise.resolve(5))).toBe(5)
    await expect(failing()).rejects.toThrow('no')
  })

  test('is a promise, and what is made of it is a plain one', async () => {
    const step = Step.of(Promise.resolve(5))
    expect(step).toBeInstanceOf(Promise)
    expect(step.then()).not.toBeInstanceOf(Step)
    expect(await Promise.all([step, step])).toEqual([5, 5])
  })

  test('that fails is unnoticed until somebody asks for it, and is no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const hear = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', hear)
    const step = failing()
    await settle()
    expect(step.unnoticed).toEqual({ error: new Error('no') })
    await settle()
    process.off('unhandledRejection', hear)
    expect(unhandled).toEqual([])
  })

  test('that ends well has nothing unnoticed', async () => {
    const step = Step.of(Promise.resolve(5))
    await settle()
    expect(step.unnoticed).toBeUndefined()
  })

  test('that fails with undefined has failed all the same', async () => {
    const step = Step.of(Promise.reject(undefined))
    await settle()
    expect(step.unnoticed).toEqual({ error: undefined })
  })

  test.each<[way: string, ask: (step: Promise<number>) => Promise<unknown>]>([
    ['await', async (step) => await step],
    ['then', (step) => step.then(() => {})],
    ['catch', (step) => step.catch(() => {})],
    ['finally', (step) => step.finally(() => {})],
    ['Promise.all', (step) => Promise.all([step])],
    ['Promise.allSettled', (step) => Promise.allSettled([step])],
    ['a promise that is resolved with it', (step) => Promise.resolve().then(() => step)],
  ])('is noticed by %s, also before it fails', async (_, ask) => {
    for (const early of [true, false]) {
      const step = failing()
      if (!early) await settle()
      await ask(step).catch(() => {})
      expect(step.unnoticed).toBeUndefined()
    }
  })

  test('that gives something else is noticed by whoever asks for that, and not before', async () => {
    expect(await Step.of(Promise.resolve(5)).giving((five) => five + 1)).toBe(6)
    const step = failing()
    const [other] = [step.giving(String)]
    await settle()
    expect([step.unnoticed, other.unnoticed]).toEqual([{ error: new Error('no') }, { error: new Error('no') }])
    await other.catch(() => {})
    expect([step.unnoticed, other.unnoticed]).toEqual([undefined, undefined])
  })

  test('is noticed through several that give something else', async () => {
    const step = failing()
    await giving(giving(step, String), Number).catch(() => {})
    expect(step.unnoticed).toBeUndefined()
  })

  test('is not made of a promise that is none', async () => {
    const promise = giving(Promise.resolve(5), String)
    expect(promise).not.toBeInstanceOf(Step)
    expect(await promise).toBe('5')
  })
})
