import { InputError, KernelError } from '../netlink/index.js'
import { shown } from '../netlink/wire/shown.js'
import { demandOptions } from '../netlink/wire/suggestion.js'
import { type Family, openXtables, TABLE_CHAINS, type Xtables, XTABLES_OPTIONS, type XtablesOptions } from '../xtables/index.js'

/** A connection that is lent, or what to open one with. */
export interface ConnectionOptions extends XtablesOptions {
  /** An open connection: it is used and left open, and where else one could be opened means nothing. */
  readonly xt?: Xtables | undefined
  /** Milliseconds to wait while another program changes the firewall. 5,000 unless given. */
  readonly wait?: number | undefined
}

const KEYS = ['xt', 'wait', ...XTABLES_OPTIONS]

/** Throws an InputError for an option that is none, `more` beside those of a connection: misspelt, it would mean other tables. */
export function demandKnown(options: object, more: readonly string[]): void {
  demandOptions(options, [...KEYS, ...more])
}

/** Runs with the connection that is lent, or with one that is opened for it and closed afterwards, also when it throws. */
export async function withXtables<T>(options: ConnectionOptions, use: (xt: Xtables) => Promise<T>): Promise<T> {
  const { xt, wait, ...rest } = options
  if (xt) return use(xt)
  const own = await openXtables(rest)
  try {
    return await use(own)
  } finally {
    own.close()
  }
}

/**
 * Makes a helper that needs a connection: called with `{ xt }` it uses that one, called without it opens one and closes it
 * afterwards, also when it throws.
 *
 * @example
 * const countRules = needXtables(async (xt, table: string) => Object.values(await xt.ip.read(table)).flatMap(({ rules }) => rules).length)
 * await countRules({}, 'filter')
 * await countRules({ xt }, 'filter')
 */
export function needXtables<A extends readonly unknown[], T>(helper: (xt: Xtables, ...args: A) => Promise<T>): (options: ConnectionOptions, ...args: A) => Promise<T> {
  return (options, ...args) => withXtables(options, (xt) => helper(xt, ...args))
}

/** What connections to the same place have in common: the one that is lent, or what one is opened with. */
export function placeOf({ xt, backend = 'auto', netns, daemon }: ConnectionOptions): unknown {
  return xt ?? JSON.stringify([backend, netns, daemon])
}

/** Whether options say where a connection is to be opened. */
export function namesPlace({ backend, netns, daemon }: ConnectionOptions): boolean {
  return (backend ?? netns ?? daemon) !== undefined
}

/** Throws an InputError for a table that no kernel has. */
export function demandTable(name: string): void {
  if (typeof name !== 'string' || !Object.hasOwn(TABLE_CHAINS, name)) throw new InputError(`there is no table '${shown(name)}'; there are ${Object.keys(TABLE_CHAINS).join(', ')}`)
}

/** Whether the kernel has a table. */
export function hasTable(xt: Xtables, family: Family, name: string): Promise<boolean> {
  if (!Object.hasOwn(TABLE_CHAINS, name)) return Promise.resolve(false)
  return xt[family].read(name).then(
    () => true,
    (error: unknown) => {
      if (KernelError.is(error)) return false
      throw error
    },
  )
}

/** The names of the tables there are for a family. */
export function availableTables(family: Family, options: ConnectionOptions): Promise<string[]> {
  return withXtables(options, async (xt) => {
    const names: string[] = []
    for (const name of Object.keys(TABLE_CHAINS)) if (await hasTable(xt, family, name)) names.push(name)
    return names
  })
}
