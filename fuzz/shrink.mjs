// Makes an input smaller as long as it shows the same fault: what is left is what matters.
const TRIES = 400

function* smaller(input) {
  if (typeof input !== 'string' && !Buffer.isBuffer(input)) return
  const join = (a, b) => (typeof input === 'string' ? a + b : Buffer.concat([a, b]))
  const part = (from, to) => (typeof input === 'string' ? input.slice(from, to) : input.subarray(from, to))
  for (let size = input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < input.length; at += size) yield join(part(0, at), part(at + size, input.length))
  }
}

/** The smallest input found for which `shows` still resolves to true. Documents stay as they are. */
export async function shrink(input, shows) {
  let best = input
  let left = TRIES
  for (let found = true; found && left > 0; ) {
    found = false
    for (const one of smaller(best)) {
      if (left-- <= 0) break
      if (!(await shows(one))) continue
      best = one
      found = true
      break
    }
  }
  return best
}
