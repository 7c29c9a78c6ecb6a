import { outputTo } from '../../src/cli/output.js'

describe('standard output', () => {
  const write = jest.spyOn(process.stdout, 'write')
  afterEach(() => write.mockReset())
  afterAll(() => write.mockRestore())

  test('is written to at once where there is room', () => {
    write.mockReturnValue(true)
    expect(outputTo(undefined).write('a')).toBeUndefined()
    expect(write.mock.calls).toEqual([['a']])
  })

  test('is waited for while its reader is slow: no more is held than what was given', async () => {
    write.mockReturnValue(false)
    let over = false
    const written = Promise.resolve(outputTo(undefined).write('a')).then(() => {
      over = true
    })
    await new Promise(setImmediate)
    expect(over).toBe(false)
    process.stdout.emit('drain')
    await written
    expect(process.stdout.listenerCount('drain')).toBe(0)
  })

  test('hears of no empty text', () => {
    expect(outputTo(undefined).write('')).toBeUndefined()
    expect(write).not.toHaveBeenCalled()
  })
})
