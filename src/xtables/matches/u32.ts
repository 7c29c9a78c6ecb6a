import { array } from '../../netlink/wire/array.js'
import { InputError } from '../../netlink/wire/error.js'
import { u8, u32 as u32Codec } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { formatTests, parseTests, type Test } from '../kinds/packet-tests.js'
import { type Kind, kindOf } from '../kind.js'
import { bang, line, plain } from '../list.js'
import { option } from '../option.js'

/** include/uapi/linux/netfilter/xt_u32.h */
const XtU32LocationElement = struct('xt_u32_location_element', {
  number: field(u32Codec, 'number', 'the right side of the operation'),
  operation: field(u8, 'nextop', 'XT_U32_*: what is done with what was found so far'),
})

const XtU32ValueElement = struct('xt_u32_value_element', {
  min: field(u32Codec, 'min', 'least value'),
  max: field(u32Codec, 'max', 'greatest value'),
})

/** One more than may be given. */
const SLOTS = 11

const XtU32Test = struct('xt_u32_test', {
  location: field(array(XtU32LocationElement, SLOTS), 'location', 'where the number is found'),
  values: field(array(XtU32ValueElement, SLOTS), 'value', 'what it is compared with'),
  steps: field(u8, 'nnums', 'elements of the location'),
  ranges: field(u8, 'nvalues', 'ranges of values'),
})

const XtU32 = struct('xt_u32', {
  tests: field(array(XtU32Test, SLOTS), 'tests', 'what must all be true'),
  count: field(u8, 'ntests', 'number of tests'),
  inverted: field(u8, 'invert', 'matches where the tests fail'),
})

/** The tests as they stand in the struct. */
interface Raw {
  readonly tests: readonly { location: Test['location']; values: Test['values']; steps: number; ranges: number }[]
  readonly count: number
}

function packTests(text: string): Raw {
  if (typeof text !== 'string') throw new InputError(`'${shown(text)}' is not text such as 6&0xFF=17`)
  const tests = parseTests(text)
  return {
    tests: tests.map(({ location, values }) => ({ location, values, steps: location.length, ranges: values.length })),
    count: tests.length,
  }
}

function unpackTests({ tests, count }: Raw): string {
  return formatTests(tests.slice(0, count).map(({ location, values, steps, ranges }) => ({
    location: location.slice(0, steps), values: values.slice(0, ranges),
  })))
}

const tests: Kind<string, Raw> = kindOf({
  name: 'tests',
  parse: (text) => unpackTests(packTests(text)),
  format: (value) => `"${value}"`,
  pack: packTests,
  unpack: unpackTests,
})

export const u32 = match('u32', {
  doc: 'Compares numbers of 32 bits anywhere in the packet.',
  revisions: { 0: XtU32 },
  options: {
    u32: option(tests, 'tests joined by &&, each `location=values`: the location is an offset in bytes with &, <<, >> '
      + 'and @ (add and go there) behind it, the values are numbers and ranges with commas between: '
      + '"6&0xFF=6,17 && 0>>22&0x3C@12>>26&0x3C@0=1:5"', {
      to: { tests: 'tests', count: 'count' }, not: { inverted: 1 }, required: true,
    }),
  },
  list: ({ u32 = '' }) => line('u32', bang(u32), `"${plain(u32)}"`),
})
