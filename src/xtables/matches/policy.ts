import { InputError } from '../../netlink/wire/error.js'
import { u16 } from '../../netlink/wire/integers.js'
import { shown } from '../../netlink/wire/shown.js'
import { field, struct } from '../../netlink/wire/struct.js'
import { match } from '../extension.js'
import { flag as flagKind } from '../kinds/flag.js'
import { once, signed } from '../kinds/given.js'
import { hostMask } from '../kinds/host-mask.js'
import { choice } from '../kinds/names.js'
import { uint32 } from '../kinds/number.js'
import {
  elementArray, formatElement, ipsecProtocol, isElementKey, mode, type PolicyElement, policyElements, spi,
} from '../kinds/policy-elements.js'
import { line } from '../list.js'
import { type Bag, flag, type Memory, option, shorthand } from '../option.js'
import type { Kind } from '../kind.js'
import type { Context } from '../context.js'

/** include/uapi/linux/netfilter/xt_policy.h */
const XtPolicyInfo = struct('xt_policy_info', {
  elements: field(elementArray, 'pol', 'what the transformations must be'),
  flags: field(u16, 'flags', 'XT_POLICY_MATCH_*'),
  length: field(u16, 'len', 'elements that count'),
})

const DIRECTION = 0x1 | 0x2
const NONE = 0x4
const STRICT = 0x8

/** Bits of `flags`, all of `mask` together. */
function bits(kind: Kind<unknown, number>, mask: number) {
  return {
    pack: (memory: Memory, value: unknown, context: Context) => memory.raise('flags', kind.pack(value, context)),
    unpack: (memory: Memory, context: Context) => kind.unpack(memory.get('flags') & mask, context),
  }
}

const direction = choice({ in: 0x1, out: 0x2 })
const kindOfPolicy = choice({ ipsec: 0, none: NONE })

/** One option of an element, where there is but one. */
function only<T, R>(key: keyof PolicyElement, kind: Kind<T, R>, doc: string) {
  const into = (value: T, _context: Context, negated: boolean): Bag => ({ elements: [{ [key]: negated ? { not: value } : value }] })
  return shorthand(kind, doc, into, { negatable: true })
}

function merge(before: unknown, value: unknown): unknown {
  if (!Array.isArray(before)) throw new InputError('is no list of elements', { path: 'elements' })
  const [first, ...more] = before as readonly PolicyElement[]
  const [part] = value as readonly [PolicyElement]
  if (more.length > 0 || Object.keys(part).some((key) => Object.hasOwn(first ?? {}, key))) throw new InputError("cannot be used together with 'elements'")
  return [{ ...first, ...part }]
}

function unpackElements(memory: Memory, context: Context): unknown {
  const elements = policyElements.unpack(memory.get('elements').slice(0, memory.get('length')), context)
  const any = elements.length === 1 && Object.keys(elements[0] as PolicyElement).length === 0
  return elements.length === 0 || any ? undefined : elements
}

export const policy = match('policy', {
  doc: 'The IPsec policy that the packet came in by, or goes out by.',
  revisions: { 0: XtPolicyInfo },
  options: {
    dir: option(direction, 'in: what it was unpacked from; out: what it will be packed into', {
      required: true, ...bits(direction as Kind<unknown, number>, DIRECTION),
    }),
    pol: option(kindOfPolicy, 'ipsec: there is a policy; none: there is none', bits(kindOfPolicy as Kind<unknown, number>, NONE)),
    strict: flag('all of the policy fits the elements, not just one part of it', { set: { flags: STRICT } }),
    elements: option(policyElements, 'what the transformations are, in their order; in text the options below, with --next between', {
      flag: '', to: 'elements', join: merge, unpack: unpackElements,
      save: (value: readonly PolicyElement[], context) => policyElements.format(value, context),
    }),
    reqid: only('reqid', uint32, 'id of the policy rule, which setkey calls unique:id'),
    spi: only('spi', spi, 'security parameter index'),
    proto: only('proto', ipsecProtocol, 'protocol of the transformation'),
    mode: only('mode', mode, 'whether the whole packet is wrapped up (tunnel), or what it carries (transport)'),
    tunnelDst: only('tunnelDst', hostMask, 'destination of the tunnel'),
    tunnelSrc: only('tunnelSrc', hostMask, 'source of the tunnel'),
    next: shorthand(flagKind, 'begins the next element; goes with --strict', () => {
      throw new InputError("stands in text alone: give 'elements'")
    }),
  },
  collect(given) {
    const elements: Bag[] = [{}]
    for (const one of given) {
      const element = elements.at(-1) as Bag
      if (one.key === 'next') elements.push({})
      else if (one.key in element) throw new InputError(`option '${one.key}' can only be used once in an element`)
      else if (isElementKey(one.key)) element[one.key] = signed(one)
    }
    const options = once(given.filter(({ key }) => key !== 'next' && !isElementKey(key)))
    if (elements.length > 1 || Object.keys(elements[0] as Bag).length > 0) options.elements = elements
    return options
  },
  finish(memory, { pol, strict, elements = [] }) {
    const none = memory.has('flags', NONE)
    if (none && strict) throw new InputError('--strict makes no sense with --pol none')
    if (none && elements.length > 0) throw new InputError(`with --pol ${shown(pol)} there is nothing that elements could be asked of`)
    if (elements.length > 1 && !strict) throw new InputError('more than one element needs --strict')
    const length = none ? 0 : Math.max(1, elements.length)
    const raw: readonly { given: number }[] = memory.get('elements').slice(0, length)
    const empty = strict ? raw.findIndex(({ given }) => given === 0) : -1
    if (empty >= 0) throw new InputError(`--strict needs every element to ask for something; element ${empty} asks for nothing`)
    memory.set('length', length)
  },
  list: ({ dir, pol, strict, elements = [] }, context) => line(
    `policy match dir ${dir} pol ${pol}`, strict && 'strict',
    ...elements.map((element, i) => line(elements.length > 1 && `[${i}]`, formatElement(element, context, '', context.numeric))),
  ),
})
