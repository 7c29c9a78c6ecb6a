import type * as Zod from 'zod/mini'
import { InputError } from '../../netlink/wire/error.js'
import type { Request } from './request.js'

/** Makes a request of what a program has sent. Throws an InputError that says where it is wrong. */
export type CheckRequest = (value: unknown) => Request

let loading: Promise<CheckRequest> | undefined

/** Checks what a program asks for. zod is loaded when it is first needed. Throws an InputError that says where it is wrong. */
export function requestCheck(): Promise<CheckRequest> {
  loading ??= import('zod/mini').then(compile)
  return loading
}

/** More than any table has. */
const MOST = 0xffff_ffff
const BUFFER = 0x3fff_ffff

function compile(z: typeof Zod): CheckRequest {
  const whole = (least: number, most = MOST) => z.int().check(z.minimum(least), z.maximum(most))
  // What is no name of a table or chain is refused as it is without a daemon.
  const name = z.string().check(z.maxLength(4096))
  const id = whole(0, Number.MAX_SAFE_INTEGER)
  const family = z.enum(['ip', 'ip6'])
  const wait = z.optional(z.number().check(z.minimum(0)))
  const buffer = z.optional(whole(1, BUFFER))
  const counters = z.string().check(z.regex(/^\d{1,20}:\d{1,20}$/))
  const counting = z.union([z.enum(['keep', 'zero', 'new']), counters])
  const slot = z.union([
    whole(1),
    z.tuple([whole(0), whole(1)]),
    z.literal('unread'),
    z.strictObject({ keep: whole(0), counting, seen: z.optional(counters) }),
    z.strictObject({ counting }),
  ])
  const chain = z.strictObject({
    name,
    from: z.optional(name),
    policy: z.optional(z.enum(['ACCEPT', 'DROP'])),
    counting,
    seen: z.optional(counters),
    wanted: z.optional(z.boolean()),
    slots: z.array(slot),
  })
  const digest = z.string().check(z.maxLength(64))
  const table = z.strictObject({
    family,
    table: name,
    version: z.strictObject({ chains: digest, rules: z.array(z.tuple([name, digest])) }),
    plan: z.optional(z.strictObject({ chains: z.array(chain), deleted: z.array(name), released: z.array(z.tuple([name, whole(0), whole(1)])) })),
  })
  const needs = z.union([z.enum(['chains', 'rules']), z.strictObject({ chain: name })])
  const requests: Readonly<Record<string, Zod.ZodMiniType>> = {
    read: z.strictObject({ id, method: z.literal('read'), family, table: name }),
    readAll: z.strictObject({ id, method: z.literal('readAll'), family }),
    count: z.strictObject({ id, method: z.literal('count') }),
    inUse: z.strictObject({ id, method: z.literal('inUse') }),
    open: z.strictObject({ id, method: z.literal('open'), family, table: name, needs, wait }),
    commit: z.strictObject({ id, method: z.literal('commit'), test: z.boolean(), wait, tables: z.array(table).check(z.maxLength(64)) }),
    monitor: z.strictObject({ id, method: z.literal('monitor'), resync: z.optional(z.boolean()), receiveBuffer: buffer }),
    trace: z.strictObject({ id, method: z.literal('trace'), receiveBuffer: buffer }),
  }
  return (value) => {
    const method = typeof value === 'object' && value !== null ? (value as { method?: unknown }).method : undefined
    if (typeof method !== 'string' || !Object.hasOwn(requests, method)) {
      throw new InputError(`there is no such request; there are ${Object.keys(requests).join(', ')}`, { path: 'method' })
    }
    const result = (requests[method] as Zod.ZodMiniType).safeParse(value)
    if (result.success) return result.data as Request
    const [issue] = result.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? [issue.keys[0]] : []
    throw new InputError(unknown.length > 0 ? 'is no part of this request' : (issue?.message ?? 'is no request'), { path: [...(issue?.path ?? []), ...unknown].map(String).join('.') })
  }
}
