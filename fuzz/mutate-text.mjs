// Text that is nearly right, or that means to be read as something else.

/** What splits words, ends lines and quotes; numbers at and beyond the ends of ranges; text that is no ASCII, or no text. */
export const ODD = [
  '"',
  "'",
  '\\',
  '\\"',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\0',
  '!',
  '! ',
  '-',
  '--',
  '=',
  ',',
  ':',
  '/',
  '%',
  '#',
  '*',
  '+',
  '@',
  '[',
  ']',
  '{',
  '}',
  ';',
  '|',
  '$',
  '`',
  '~',
  '0',
  '-1',
  '1.5',
  '1e3',
  '0x',
  '0x10',
  '010',
  '255',
  '256',
  '32',
  '33',
  '128',
  '129',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '18446744073709551615',
  '18446744073709551616',
  '9'.repeat(40),
  'é',
  '日本',
  '😀',
  '\ud800',
  '\udc00',
  '\u2028',
  '\ufeff',
  '\u0000',
  '\u007f',
  '\u0085',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '0.0.0.0',
  '0.0.0.0/0',
  '255.255.255.255/32',
  '10.0.0.1-10.0.0.0',
  '::',
  '::/0',
  '::ffff:1.2.3.4',
  'fe80::1%eth0',
  '1:2:3:4:5:6:7:8:9',
  'aa:bb:cc:dd:ee:ff',
  'COMMIT',
  '*filter',
  ':INPUT',
  '-A INPUT -j ACCEPT',
  '\n-A INPUT -j ACCEPT\n',
  '\nadd s 10.0.0.1\n',
  'NaN',
  'Infinity',
  'null',
  'undefined',
  'true',
]

const place = (random, text) => random.below(text.length + 1)
const words = (text) => text.split(' ')
const lines = (text) => text.split('\n')

/** Changes a list of parts: takes one out, doubles it, moves it, changes it for one of another text. */
function inParts(random, list, others) {
  const at = random.below(list.length)
  const one = () => (random.once(4) ? random.pick(ODD) : random.pick(others))
  random.pick([
    () => list.splice(at, 1),
    () => list.splice(at, 0, list[random.below(list.length)]),
    () => list.splice(random.below(list.length), 0, ...list.splice(at, random.within(1, 2))),
    () => list.splice(at, 1, one()),
    () => list.splice(at, 0, one()),
    () => list.splice(at, 1, `${list[at]}${one()}`),
  ])()
  return list
}

const CHANGES = [
  (text, random) => {
    const at = place(random, text)
    return text.slice(0, at) + random.pick(ODD) + text.slice(at)
  },
  (text, random) => {
    const at = place(random, text)
    return text.slice(0, at) + text.slice(at + random.within(1, 5))
  },
  (text, random) => text.slice(0, place(random, text)),
  (text, random) => {
    const at = random.below(text.length)
    return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(random.once(4) ? 16 : 7)))}${text.slice(at + 1)}`
  },
  (text, random, corpus) => inParts(random, words(text), words(random.pick(corpus))).join(' '),
  (text, random, corpus) => inParts(random, words(text), words(random.pick(corpus))).join(' '),
  (text, random, corpus) => inParts(random, lines(text), lines(random.pick(corpus))).join('\n'),
  /** A number for another one. */
  (text, random) => {
    const all = [...text.matchAll(/\d+/g)]
    if (all.length === 0) return text
    const { 0: digits, index } = random.pick(all)
    return (
      text.slice(0, index) +
      (random.once(2) ? random.pick(ODD) : String(Number(digits) + random.pick([-1, 1]))) +
      text.slice(index + digits.length)
    )
  },
  (text, random) => {
    const at = place(random, text)
    const piece = random.once(3) ? random.pick(ODD) : text.slice(at, at + random.within(1, 12))
    return text.slice(0, at) + piece.repeat(random.pick([2, 3, 30, 300])) + text.slice(at)
  },
  (text, random) =>
    random.pick([
      (one) => one.toUpperCase(),
      (one) => one.toLowerCase(),
      (one) => one.replaceAll(' ', '\t'),
      (one) => one.replaceAll('\n', '\r\n'),
    ])(text),
  (text, random, corpus) => {
    const other = random.pick(corpus)
    return text.slice(0, place(random, text)) + other.slice(place(random, other))
  },
]

const LONGEST = 20_000

/** A text of a corpus, changed in up to three places; now and then one of odd pieces alone. */
export function mutatedText(random, corpus) {
  if (random.once(20))
    return random
      .list(0, 12, () => (random.once(2) ? random.pick(ODD) : random.pick(words(random.pick(corpus)))))
      .join(random.once(3) ? '' : ' ')
  let text = random.pick(corpus)
  for (let left = random.below(4); left > 0; left--) text = random.pick(CHANGES)(text, random, corpus)
  return text.slice(0, LONGEST)
}
