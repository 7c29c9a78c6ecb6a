import type * as Zod from 'zod/mini'
import { InputError } from '../netlink/wire/error.js'
import { unknownOption } from '../netlink/wire/suggestion.js'
import { CREATE_OPTIONS, type CreateOptions } from './create.js'

type Check = (options: CreateOptions) => CreateOptions

let loading: Promise<Check> | undefined

/** Checks the options of `create`, unknown keys and wrong types among them. zod is loaded when it is first needed. */
export function createCheck(): Promise<Check> {
  loading ??= import('zod/mini').then(compile)
  return loading
}

function compile(z: typeof Zod): Check {
  const shape: Record<string, Zod.ZodMiniType> = {}
  for (const [name, { kind }] of Object.entries(CREATE_OPTIONS)) {
    if (kind === 'flag') shape[name] = z.optional(z.boolean())
    else if (kind !== 'text') shape[name] = z.optional(z.int().check(z.minimum(kind[0]), z.maximum(kind[1])))
  }
  const pair = z.union([z.tuple([z.string(), z.string()]), z.tuple([z.number(), z.number()])])
  const range = z.union([z.string(), pair, z.looseObject({ begin: z.int(), end: z.int() })], {
    error: () => 'a range is text such as 10.0.0.0/16 or 1-1024, a PortRange, or the first and the last',
  })
  const schema = z.strictObject({
    ...shape,
    stype: z.optional(z.string()),
    family: z.optional(z.union([z.literal('inet'), z.literal('inet6'), z.literal('unspec'), z.literal(2), z.literal(10)], { error: () => "a family is 'inet' or 'inet6'" })),
    exclusive: z.optional(z.boolean()),
    revision: z.optional(z.int().check(z.minimum(0), z.maximum(255))),
    bitmask: z.optional(z.string()),
    range: z.optional(range),
    bitmapPortsRange: z.optional(range),
  })
  const known = Object.keys(schema.shape)
  return (options) => {
    const result = schema.safeParse(options)
    if (result.success) return result.data as CreateOptions
    const issue = result.error.issues[0]!
    if (issue.code === 'unrecognized_keys') throw unknownOption(issue.keys[0]!, known)
    throw new InputError(sentence(issue), { path: issue.path.map(String).join('.') })
  }
}

function sentence(issue: Zod.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `wants ${issue.expected === 'int' ? 'a whole number' : issue.expected}`
  if (issue.code === 'too_small') return `is less than ${issue.minimum}`
  if (issue.code === 'too_big') return `is more than ${issue.maximum}`
  return issue.message
}
