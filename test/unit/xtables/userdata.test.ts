import { ruleComment } from '../../../src/xtables/nft/userdata.js'

const bytes = (...parts: readonly (number | string)[]) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))))

describe('the comment that nft keeps with a rule', () => {
  test.each([
    ['alone, with its NUL', bytes(0, 3, 'ab\0'), 'ab'],
    ['without a NUL', bytes(0, 2, 'ab'), 'ab'],
    ['empty', bytes(0, 1, 0), ''],
    ['behind something else of two bytes, which look like a comment', bytes(1, 2, 0, 0, 0, 2, 'a\0'), 'a'],
    ['behind something else of no bytes', bytes(1, 0, 0, 2, 'a\0'), 'a'],
    ['before something else', bytes(0, 2, 'a\0', 1, 1, 7), 'a'],
    ['that says it is longer than what is there', bytes(0, 200, 'ab'), 'ab'],
  ])('is found %s', (_, userdata, comment) => {
    expect(ruleComment(userdata)).toBe(comment)
  })

  test.each([
    ['nothing', bytes()],
    ['something else', bytes(1, 1, 7)],
    ['something else that says it is longer than what is there', bytes(1, 200, 7, 0, 1, 'a')],
    ['half of a header', bytes(0)],
  ])('is none where there is %s', (_, userdata) => {
    expect(ruleComment(userdata)).toBeUndefined()
  })
})
