// Values of JavaScript and JSON documents that are nearly right.
import { mutatedText, ODD } from './mutate-text.mjs'

const SCALARS = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  255,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -0,
  1e300,
  '',
  ' ',
  'a\nb',
  'a\0b',
  '\ud800',
  '1',
  '!',
  'x'.repeat(300),
]
/** What no JSON says, but a program may hand over. */
const STRANGE = [
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n,
  -1n,
  2n ** 64n,
  Symbol('s'),
  () => 'f',
  new Date(0),
  new Map([[1, 2]]),
  new Uint8Array(3),
  /r/,
  new Error('e'),
  Object.create(null),
  Object.freeze([]),
]

/** Everything in a value that can be changed: its holder and the key under which it stands there. */
function places(holder, found = []) {
  for (const key of Object.keys(holder)) {
    found.push({ holder, key })
    const value = holder[key]
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) places(value, found)
  }
  return found
}

const copy = (value) => (typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value)

function oddValue(random, strange) {
  const kind = random.below(strange ? 7 : 6)
  if (kind < 2) return random.pick(SCALARS)
  if (kind === 2) return random.pick(ODD)
  if (kind === 3) return random.list(0, 3, () => random.pick(SCALARS))
  if (kind === 4)
    return JSON.parse(
      `{${random.pick(['"__proto__"', '"not"', '"a"', '"constructor"', '"length"', '""'])}:${JSON.stringify(random.pick(SCALARS))}}`,
    )
  if (kind === 5) return random.within(-2, 70_000)
  return random.pick(STRANGE)
}

/** Sets a key as JSON.parse does: `__proto__` is a key like any other. */
function put(holder, key, value) {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
}

function change(root, random, corpus, strange) {
  const all = places(root)
  if (all.length === 0) return
  const { holder, key } = random.pick(all)
  const other = () => {
    const { holder: from, key: which } = random.pick(places({ value: copy(random.pick(corpus)) }))
    return { value: from[which], key: which }
  }
  const away = () => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key])
  random.pick([
    () => put(holder, key, oddValue(random, strange)),
    () => put(holder, key, other().value),
    () => {
      const { value, key: name } = other()
      put(holder, Array.isArray(holder) ? holder.length : name, value)
    },
    () => put(holder, key, typeof holder[key] === 'string' ? mutatedText(random, [holder[key]]) : oddValue(random, strange)),
    () => put(holder, key, [holder[key]]),
    () => put(holder, key, { [random.pick(['not', 'a', 'next', 'entry'])]: holder[key] }),
    () => put(holder, Array.isArray(holder) ? holder.length : random.pick(ODD), oddValue(random, strange)),
    () => {
      const value = holder[key]
      away()
      if (random.once(2) && !Array.isArray(holder)) put(holder, random.once(2) ? mutatedText(random, [key]) : other().key, value)
    },
  ])()
}

/** A document of a corpus of plain JSON, changed in up to three places; with `strange`, also to what JSON has no word for. */
export function mutatedValue(random, corpus, { strange = false } = {}) {
  const root = { value: copy(random.pick(corpus)) }
  for (let left = random.below(4); left > 0; left--) change(root, random, corpus, strange)
  return root.value
}
