import type * as Zod from 'zod/mini'
import { InputError } from '../../netlink/index.js'

/** A policy as it is written, its keys and types checked, not yet what stands in them. */
export interface PolicyDocument {
  readonly rules: readonly {
    readonly uid?: number | string | undefined
    readonly gid?: number | string | undefined
    readonly tables?: Readonly<Record<string, { readonly access: 'read' | 'write'; readonly chains?: readonly string[] | undefined }>> | undefined
    readonly sets?: Readonly<Record<string, 'read' | 'write'>> | undefined
  }[]
}

let loading: Promise<(document: unknown) => PolicyDocument> | undefined

/** Checks the form of a policy; an InputError names the place of what is wrong. zod is loaded when it is first needed. */
export function policyCheck(): Promise<(document: unknown) => PolicyDocument> {
  loading ??= import('zod/mini').then(compile)
  return loading
}

/** The largest number of a user or a group: one more stands for nobody at all. */
const LARGEST = 0xffff_fffe

function isAccount(given: unknown): given is number | string {
  return typeof given === 'string' ? given !== '' : Number.isInteger(given) && (given as number) >= 0 && (given as number) <= LARGEST
}

function compile(z: typeof Zod): (document: unknown) => PolicyDocument {
  const says = (what: string) => ({ error: () => what })
  const access = z.literal(['read', 'write'], says("is 'read' or 'write'"))
  const id = (kind: string) => z.optional(z.custom<number | string>(isAccount, says(`is the number of a ${kind} (0 to ${LARGEST}), or its name`)))
  const schema = z.strictObject({
    rules: z.array(z.strictObject({
      uid: id('user'),
      gid: id('group'),
      tables: z.optional(z.record(z.string(), z.strictObject({ access, chains: z.optional(z.array(z.string()).check(z.minLength(1, says('is a list of at least one chain; leave it out for all chains')))) }))),
      sets: z.optional(z.record(z.string(), access)),
    })),
  })
  return (document) => {
    const result = schema.safeParse(document)
    if (result.success) return result.data
    const issue = result.error.issues[0]!
    throw new InputError(sentence(issue), { path: pathOf(issue.path) })
  }
}

function sentence(issue: Zod.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no '${issue.keys[0]}' here`
  if (issue.code === 'invalid_type') return `wants ${issue.expected === 'array' ? 'a list' : issue.expected === 'object' || issue.expected === 'record' ? 'an object' : issue.expected}`
  return issue.message
}

/** `rules[0].tables["ip filter"].access` */
export function pathOf(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : /^[A-Za-z_]\w*$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(String(step))}]`))
  return steps.join('').replace(/^\./, '')
}
