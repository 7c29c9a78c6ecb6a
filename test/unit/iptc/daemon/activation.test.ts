import { activatedSocket } from '../../../../src/iptc/daemon/activation.js'
import { rejection } from '../../../support/rejection.js'

describe('the socket that systemd hands over', () => {
  test.each<[string, NodeJS.ProcessEnv]>([
    ['nothing is said', {}],
    ['it is for another process', { LISTEN_FDS: '1', LISTEN_PID: '4711' }],
    ['nobody is named', { LISTEN_FDS: '1' }],
    ['there are none', { LISTEN_FDS: '0', LISTEN_PID: '100' }],
  ])('is none where %s', async (_, env) => {
    expect(await activatedSocket(env, 100)).toBeUndefined()
  })

  test.each([['2', /2 sockets/], ['x', /no number/], ['-1', /no number/], ['', /no number/], ['1e3', /no number/]])('is refused where there are %j', async (LISTEN_FDS, words) => {
    expect(await rejection(activatedSocket({ LISTEN_FDS, LISTEN_PID: '100' }, 100))).toMatchObject({ code: 'ERR_INPUT', message: expect.stringMatching(words) })
  })

  test('is for nobody else: the variables are gone', async () => {
    const env = { LISTEN_FDS: '1', LISTEN_PID: '4711', LISTEN_FDNAMES: 'nfkit', PATH: '/bin' }
    await activatedSocket(env, 100)
    expect(env).toEqual({ PATH: '/bin' })
  })
})
