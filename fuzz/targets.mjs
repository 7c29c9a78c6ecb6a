// All that is tried.
const GROUPS = ['netlink', 'ipset', 'ipset-kernel', 'rules', 'entries', 'nftables', 'dictionaries', 'daemon']

/**
 * The targets: `name`; `make(random)`, an input; `check(input)`, which gives, or resolves to, whether the library has taken
 * it, and throws where the library did what it must not.
 */
export async function allTargets(load) {
  const found = []
  for (const group of GROUPS) {
    const { targets } = await import(`./targets/${group}.mjs`)
    found.push(...(await targets(load)))
  }
  return found
}
