import { spawnSync } from 'node:child_process'
import { chownSync, closeSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BoundSocket, bindSocket } from '../../../../src/iptc/daemon/listen.js'
import { builtModule, scriptFile } from '../../../support/build.js'
import { rejection } from '../../../support/rejection.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'listen-'))
  path = join(folder, 'socket')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What happens to who connects. */
function connect(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}

function listen({ fd }: BoundSocket): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve) => server.listen({ fd }, () => resolve(server)))
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve))

/** The file of a daemon that was killed. */
async function stale(): Promise<void> {
  const bound = await bindSocket(path)
  closeSync(bound.fd)
  rmSync(`${path}.lock`)
}

const linux = process.platform === 'linux' ? describe : describe.skip

linux(`the socket of a daemon${process.platform === 'linux' ? '' : ' [skipped: not Linux]'}`, () => {
  test.each([[undefined, 0o660], [0o600, 0o600], [0o666, 0o666], [0, 0]])('has its rights, whatever the umask: mode %p', async (mode, expected) => {
    const before = process.umask(0o077)
    try {
      const bound = await bindSocket(path, { mode })
      expect(lstatSync(path).mode & 0o777).toBe(expected)
      expect(process.umask()).toBe(0o077)
      closeSync(bound.fd)
      bound.release()
    } finally {
      process.umask(before)
    }
  })

  const asRoot = process.getuid?.() === 0 ? test : test.skip
  asRoot(`has its group${process.getuid?.() === 0 ? '' : ' [skipped: not root]'}`, async () => {
    const bound = await bindSocket(path, { gid: 4321 })
    expect(lstatSync(path)).toMatchObject({ uid: 0, gid: 4321 })
    closeSync(bound.fd)
    bound.release()
  })

  asRoot(`that cannot be given to its group is not left behind${process.getuid?.() === 0 ? '' : ' [skipped: not root]'}`, () => {
    chownSync(folder, 1234, 1234)
    const script = `import { bindSocket } from ${JSON.stringify(builtModule('iptc/daemon/index.js'))}
      import { loadLibc } from ${JSON.stringify(builtModule('netlink/index.js'))}
      await loadLibc()
      process.setgroups([])
      process.setgid(1234)
      process.setuid(1234)
      await bindSocket(process.argv[2], { gid: 4321 }).catch((error) => process.stdout.write(error.code + ' ' + error.message))`
    const { stdout } = spawnSync(process.execPath, [scriptFile(script), path], { encoding: 'utf8' })
    expect(stdout).toMatch(/^ERR_INPUT the socket .* cannot be given to group 4321: .*CAP_CHOWN/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('cannot be connected to before somebody listens; when it is released, nothing is left', async () => {
    const bound = await bindSocket(path)
    expect(await connect()).toBe('ECONNREFUSED')
    const server = await listen(bound)
    expect(await connect()).toBe('connected')
    await close(server)
    bound.release()
    bound.release()
    expect(readdirSync(folder)).toEqual([])
  })

  test('that a dead daemon has left is replaced', async () => {
    await stale()
    expect(await connect()).toBe('ECONNREFUSED')
    const bound = await bindSocket(path)
    const server = await listen(bound)
    expect(await connect()).toBe('connected')
    await close(server)
    bound.release()
  })

  test('that is in use is left to who has it: listening, just made, or not of ours', async () => {
    const bound = await bindSocket(path)
    expect(await rejection(bindSocket(path))).toMatchObject({ code: 'ERR_INPUT', message: expect.stringMatching(/serves at .* already/) })
    const server = await listen(bound)
    expect(await rejection(bindSocket(path))).toMatchObject({ code: 'ERR_INPUT' })
    expect(await connect()).toBe('connected')
    await close(server)
    bound.release()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(path, resolve))
    expect(await rejection(bindSocket(path))).toMatchObject({ code: 'ERR_INPUT' })
    expect(existsSync(path)).toBe(true)
    await close(other)
  })

  test('is made by one of many that try at once', async () => {
    await stale()
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => bindSocket(path)))
    const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(won).toHaveLength(1)
    const server = await listen(won[0]!)
    expect(await connect()).toBe('connected')
    await close(server)
    won[0]!.release()
    expect(readdirSync(folder)).toEqual([])
  })

  test('does not take the place of a file, of a folder, or of what a link leads to', async () => {
    writeFileSync(path, 'mine')
    expect(await rejection(bindSocket(path))).toMatchObject({ message: expect.stringMatching(/no socket/) })
    rmSync(path)
    symlinkSync('/dev/null', path)
    expect(await rejection(bindSocket(path))).toMatchObject({ message: expect.stringMatching(/no socket/) })
    rmSync(path)
    symlinkSync('/dev/null', `${path}.lock`)
    expect(await rejection(bindSocket(path))).toMatchObject({ code: 'ERR_INPUT' })
    rmSync(`${path}.lock`)
    expect(await rejection(bindSocket(folder))).toMatchObject({ message: expect.stringMatching(/no socket/) })
  })

  test('that was released is not taken away from who has it now', async () => {
    const first = await bindSocket(path)
    closeSync(first.fd)
    rmSync(path)
    rmSync(`${path}.lock`)
    const second = await bindSocket(path)
    first.release()
    expect(readdirSync(folder).sort()).toEqual(['socket', 'socket.lock'])
    closeSync(second.fd)
    second.release()
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([['of no folder', () => join(folder, 'no', 'socket')], ['that is too long', () => join(folder, 'x'.repeat(120))]])('%s is an error that names the place', async (_, place) => {
    const at = place()
    expect((await rejection(bindSocket(at))).message).toContain(at)
  })
})
