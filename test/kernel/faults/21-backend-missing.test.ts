import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Libc } from '../../../src/netlink/libc.js'
import { TransportError } from '../../../src/netlink/index.js'
import { detect, openXtables, parseRule } from '../../../src/xtables/index.js'
import { nft } from '../../support/nft-tables.js'
import { describeLegacy, describeNft, FAMILIES, ownLock, rejection } from '../../support/xtables.js'

ownLock()

const AF_NETLINK = 16
const EPROTONOSUPPORT = 93
/** A subsystem of nfnetlink that no kernel has: what it answers to that, it answers where a module is missing. */
const NO_SUBSYSTEM = 13
const NFTABLES = 10

/** What this kernel is to lack. */
const mockLacks = { nft: false, netlink: false, legacy: false }

jest.mock('../../../src/netlink/libc.js', () => {
  const real = jest.requireActual('../../../src/netlink/libc.js') as { loadLibc(): Promise<Libc> }
  const lacking = (libc: Libc): Libc => {
    let refused = 0
    return {
      ...libc,
      socket(domain, type, protocol) {
        refused = mockLacks.netlink && domain === AF_NETLINK ? EPROTONOSUPPORT : 0
        return refused === 0 ? libc.socket(domain, type, protocol) : -1
      },
      errno: () => refused || libc.errno(),
      sendto(fd, bytes, ...rest) {
        const copy = Buffer.from(bytes)
        // The upper half of nlmsg_type, whichever end of it that is.
        if (mockLacks.nft) for (const at of [4, 5]) if (copy[at] === NFTABLES) copy[at] = NO_SUBSYSTEM
        return libc.sendto(fd, copy, ...rest)
      },
    }
  }
  return { ...real, loadLibc: async () => lacking(await real.loadLibc()) }
})

jest.mock('node:fs', () => {
  const real = jest.requireActual('node:fs')
  return {
    ...real,
    readFileSync(path: unknown, ...rest: unknown[]) {
      const gone = /ip6?_tables_names$/.test(String(path)) && mockLacks.legacy
      return real.readFileSync(gone ? '/nonexistent/ip_tables_names' : path, ...rest)
    },
  }
})

const UNSUPPORTED = { name: 'TransportError', code: 'ERR_UNSUPPORTED' }

afterEach(() => {
  Object.assign(mockLacks, { nft: false, netlink: false, legacy: false })
})

describeNft('21. a kernel without the legacy tables, as Linux 6.18 may be', (tables) => {
  beforeEach(() => {
    nft('flush', 'ruleset')
    mockLacks.legacy = true
  })

  test('is used by nf_tables, and detect says what is missing', async () => {
    const warnings: string[] = []
    await using xt = await openXtables({ warn: (text) => warnings.push(text) })
    await xt.transaction((tx) => {
      for (const family of FAMILIES) tx[family].append('filter', 'INPUT', parseRule('-p tcp'))
    })
    expect([xt.backend, warnings]).toEqual(['nft', []])
    for (const family of FAMILIES) expect(tables.savedRules(family)).toEqual(['-A INPUT -p tcp'])
    const found = await detect()
    expect(found).toMatchObject({ backend: 'nft', nft: { available: true, rules: 2 }, legacy: { available: false, code: 'ERR_UNSUPPORTED', rules: 0 } })
    expect(found.legacy.reason).toMatch(/no ip_tables: load the module \('modprobe ip_tables'\), or use the nf_tables backend/)
  })

  test('says so to who asks for them', async () => {
    await using xt = await openXtables({ backend: 'legacy' })
    for (const family of FAMILIES) expect(await rejection(xt[family].readAll())).toMatchObject(UNSUPPORTED)
  })
})

describeLegacy('21. a kernel without nf_tables', (tables) => {
  beforeEach(() => {
    tables.clear('ip')
    mockLacks.nft = true
  })

  test('is used by the legacy tables, and detect says what is missing', async () => {
    await using xt = await openXtables()
    await xt.transaction((tx) => tx.ip.append('filter', 'INPUT', parseRule('-p tcp')))
    expect([xt.backend, tables.savedRules('ip')]).toEqual(['legacy', ['-A INPUT -p tcp']])
    expect(await detect()).toMatchObject({
      backend: 'legacy',
      nft: { available: false, code: 'ERR_UNSUPPORTED', reason: expect.stringMatching(/no nf_tables: the module nf_tables may have to be loaded/) },
      legacy: { available: true, rules: 1 },
    })
  })

  test('says so to who asks for it', async () => {
    await using xt = await openXtables({ backend: 'nft' })
    expect(await rejection(xt.ip.read('filter'))).toMatchObject(UNSUPPORTED)
    mockLacks.netlink = true
    expect(await rejection(openXtables({ backend: 'nft' }))).toMatchObject(UNSUPPORTED)
  })
})

describeNft('21. a kernel with neither', () => {
  test.each(['nft', 'netlink'] as const)('is an error that lists the modules to load (%s missing)', async (missing) => {
    mockLacks.legacy = true
    mockLacks[missing] = true
    const error = await rejection(openXtables())
    expect(TransportError.is(error)).toBe(true)
    expect(error).toMatchObject(UNSUPPORTED)
    expect(error.message).toMatch(/neither nf_tables nor the legacy tables.*modprobe.*nf_tables.*iptable_filter/)
    expect(TransportError.is((error as Error).cause)).toBe(true)
    expect(await detect()).toMatchObject({ nft: { available: false }, legacy: { available: false } })
  })
})

test('21. nothing here loads a module: no source starts a program', () => {
  const src = join(__dirname, '../../../src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(300)
  const starting = files.filter((file) => /child_process|\bexec(File)?(Sync)?\(|\bspawn(Sync)?\(|init_module/.test(readFileSync(join(src, file), 'utf8').replace(/\.exec\(/g, '')))
  expect(starting).toEqual([])
})
