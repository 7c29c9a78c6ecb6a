import { NetfilterError, TransportError, type TransportFault } from '../netlink/index.js'
import { demandOptions } from '../netlink/wire/suggestion.js'
import type { Backend } from './backend.js'
import type { Family } from './context.js'
import { LegacyBackend } from './legacy/backend.js'
import { NftBackend } from './nft/backend.js'

/** How many rules the tables hold, by family and table. */
export type RuleCounts = Readonly<Record<Family, Readonly<Record<string, number>>>>

/** What was found of one backend. */
export interface BackendFound {
  /** Whether this process can use it here. */
  readonly available: boolean
  /** Why not, and the code of that error: `ERR_PERMISSION`, `ERR_UNSUPPORTED`, … */
  readonly reason?: string
  readonly code?: string
  /** The tables that are there and how many rules each holds; those of nf_tables that iptables-nft would use. */
  readonly tables: RuleCounts
  /** All of them together. */
  readonly rules: number
  /** Whether it holds rules or chains of users, or a policy that drops. */
  readonly inUse: boolean
}

/** What `openXtables` finds, and would choose. */
export interface Detection {
  readonly backend: 'nft' | 'legacy'
  readonly nft: BackendFound
  readonly legacy: BackendFound
  /** Where both are in use: which those are that the chosen backend does not show. */
  readonly warning?: string
}

/** Where to look. */
export interface DetectOptions {
  /** A network namespace by its name (`ip netns`) or an absolute path; the process's own unless given. */
  readonly netns?: string | undefined
}

const OPEN = { nft: NftBackend, legacy: LegacyBackend } as const
const NONE: RuleCounts = { ip: {}, ip6: {} }

/**
 * Looks at both backends and says what each holds and which one `openXtables` would choose. Looking changes nothing: a
 * legacy table that nobody has used yet is not brought into being.
 */
export async function detect(options: DetectOptions = {}): Promise<Detection> {
  demandOptions(options, ['netns'])
  const [nft, legacy] = await Promise.all([attempt('nft', options), attempt('legacy', options)])
  try {
    const found = { nft: await look(nft), legacy: await look(legacy) }
    const backend = prefersLegacy(nft, legacy) ? 'legacy' : 'nft'
    return { backend, ...found, ...(backend === 'nft' && nft.inUse && legacy.inUse ? { warning: WARNING } : {}) }
  } finally {
    nft.backend?.close()
    legacy.backend?.close()
  }
}

/** What a user should know whose rules stand in both. */
const WARNING = 'the legacy tables hold rules, too, and packets pass both: iptables-legacy-save shows them'

/** What there is in a backend that was opened, or why it was not. */
async function look({ backend, error, inUse }: Attempt): Promise<BackendFound> {
  try {
    if (!backend) throw error
    const tables = await backend.count()
    const rules = Object.values(tables).flatMap((counts) => Object.values(counts)).reduce((sum, count) => sum + count, 0)
    return { available: true, tables, rules, inUse }
  } catch (error) {
    if (!NetfilterError.is(error)) throw error
    return { available: false, reason: error.message, code: String(error.code), tables: NONE, rules: 0, inUse: false }
  }
}

/** Whether the legacy tables are the ones to use: they alone are in use, or nf_tables is not there. */
function prefersLegacy(nft: Attempt, legacy: Attempt): boolean {
  if (!legacy.backend) return false
  if (legacy.inUse && !nft.inUse) return true
  // Who may not ask nf_tables may not ask the legacy tables either.
  return !nft.backend && !isOf(nft.error, 'ERR_PERMISSION')
}

/** A backend that was chosen, and what its user should know. */
export interface Chosen {
  readonly backend: Backend
  readonly warning: string | undefined
}

/**
 * Opens the backend that this machine uses: the one that is in use, nf_tables where both or neither are. Throws what
 * keeps nf_tables from being used where neither can be; which modules to load where the kernel has neither.
 */
export async function openUsed(options: DetectOptions): Promise<Chosen> {
  const legacy = await attempt('legacy', options)
  const nft = await attempt('nft', options)
  const [chosen, unused] = prefersLegacy(nft, legacy) ? [legacy, nft] : [nft, legacy]
  unused.backend?.close()
  if (!chosen.backend) {
    throw legacy.backend || ![nft, legacy].every(({ error }) => isOf(error, 'ERR_UNSUPPORTED')) ? nft.error : neither(nft.error)
  }
  return { backend: chosen.backend, warning: chosen === nft && legacy.inUse && nft.inUse ? WARNING : undefined }
}

function isOf(error: unknown, code: TransportFault): boolean {
  return TransportError.is(error) && error.code === code
}

function neither(cause: unknown): TransportError {
  const advice = "load the modules of one of them: 'modprobe -a nf_tables nft_compat', or 'modprobe -a iptable_filter ip6table_filter'"
  return new TransportError(`this kernel has neither nf_tables nor the legacy tables; ${advice}`, { code: 'ERR_UNSUPPORTED', cause })
}

interface Attempt {
  readonly backend?: Backend
  readonly inUse: boolean
  readonly error?: unknown
}

async function attempt(name: 'nft' | 'legacy', options: DetectOptions): Promise<Attempt> {
  let backend: Backend | undefined
  try {
    backend = await OPEN[name].open(options)
    return { backend, inUse: await backend.inUse() }
  } catch (error) {
    backend?.close()
    if (!NetfilterError.is(error)) throw error
    return { inUse: false, error }
  }
}
