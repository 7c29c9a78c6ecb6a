import { explain, type HasRevision } from '../../../src/xtables/explain.js'
import type { RuleInput } from '../../../src/xtables/index.js'

const [ENOENT, EEXIST, EINVAL, ERANGE, EPERM] = [2, 17, 22, 34, 1]
const has: HasRevision = () => true

describe('what the kernel may have against a rule', () => {
  test.each<readonly [rule: RuleInput, errno: number, said: string]>([
    [{ matches: [{ match: 'comment', comment: 'a' }] }, EINVAL, 'match comment may need a protocol (-p tcp, say), other conditions, or another chain or table'],
    [{ protocol: 'tcp', matches: [{ match: 'tcp', dport: 22 }], target: { target: 'LOG' } }, EINVAL, 'match tcp, target LOG may need other conditions, or another chain or table'],
    [{ protocol: 'all', target: { jump: 'web' } }, EINVAL, 'it may need other conditions, or another chain or table'],
    [{ target: { target: 'CT', helper: 'ftp' } }, ENOENT, 'something that target CT names is not there: a helper, a timeout policy, a set, an object'],
    [{ target: { target: 'RATEEST', rateestName: 'a', rateestInterval: '250ms', rateestEwmalog: '500ms' } }, EEXIST, 'something that target RATEEST names exists already with other properties'],
    [{ matches: [{ match: 'limit', limit: '5/sec' }] }, ERANGE, 'a value is larger than this kernel allows'],
    [{ matches: [{ match: 'limit', limit: '5/sec' }] }, EPERM, ''],
  ])('%j, refused with %d: %s', (rule, errno, said) => {
    expect(explain(rule, 'ip', errno, has)).toBe(said)
  })

  test('a missing module goes before all else, by the name that the kernel has for it', () => {
    const rule: RuleInput = { matches: [{ match: 'ttl', ttlEq: 5 }, { match: 'owner', uidOwner: 5 }] }
    expect(explain(rule, 'ip', EINVAL, ({ name }) => (name === 'owner' ? undefined : true))).toBe("this kernel has no match 'owner': its module may have to be loaded")
    expect(explain(rule, 'ip', EINVAL, ({ name }) => name !== 'ttl')).toBe("this kernel has the match 'ttl', but no revision of it that can say this")
  })
})
