/** Digits of base 16 at `at`, or none: their value and where they end. */
function hexRun(text: string, at: number): { value: number; end: number } {
  let value = 0
  let end = at
  for (; end < text.length; end++) {
    const digit = Number.parseInt(text[end]!, 16)
    if (Number.isNaN(digit)) break
    value = value * 16 + digit
  }
  return { value, end }
}

/** Length of the word at `at`, up to a colon or comma. */
function wordEnd(text: string, at: number): number {
  for (let end = at; end < text.length; end++) if (text[end] === ':' || text[end] === ',') return end
  return text.length
}

/**
 * Orders the lines of a hash set as `ipset -sorted` does: numbers by value (read as hexadecimal, so that IPv6 sorts
 * too), an address before the networks that begin with it, longer prefixes first, shorter words first.
 */
export function compareEntries(a: string, b: string): number {
  let x = 0
  let y = 0
  let sign = 1
  while (x < a.length && y < b.length) {
    const left = hexRun(a, x)
    const right = hexRun(b, y)
    if (left.end === x || right.end === y) {
      const one = wordEnd(a, x)
      const other = wordEnd(b, y)
      if (one - x !== other - y) return one - x - (other - y)
      if (one === x) return compare(a.slice(x), b.slice(y))
      const order = compare(a.slice(x, one), b.slice(y, other))
      if (order !== 0) return order
      x = one + 1
      y = other + 1
      sign = 1
      continue
    }
    if (left.value !== right.value) return sign * (left.value - right.value)
    const slashA = a[left.end] === '/'
    const slashB = b[right.end] === '/'
    if (slashA !== slashB) return slashA ? 1 : -1
    if (slashA) sign = -1
    x = left.end + 1
    y = right.end + 1
    const gapA = a[x] === ':'
    const gapB = b[y] === ':'
    if (gapA !== gapB) return gapA ? -1 : 1
    if (gapA) {
      x++
      y++
    }
  }
  return a.length - x - (b.length - y)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
