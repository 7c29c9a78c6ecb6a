import { resolveHosts } from '../../src/cli/iptables-hosts.js'

test.each(['-s', '-d', '--src', '--dst', '--source', '--destination', '--sour', '--dest'])('a name of a host behind %s becomes its address', async (option) => {
  expect(await resolveHosts(['-A', 'INPUT', option, 'localhost'], 'ip')).toEqual(['-A', 'INPUT', option, '127.0.0.1'])
})

test.each(['-j', '--sport', '--set-counters', '--', '-', ''])('a word behind %p is left alone', async (option) => {
  expect(await resolveHosts([option, 'localhost'], 'ip')).toEqual([option, 'localhost'])
})
