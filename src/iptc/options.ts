import { InputError, inside } from '../netlink/index.js'
import {
  canonicalParameter, type Family, type MatchInput, type Parameter, type ParameterContext, parameterRow, readParameters, type TargetInput, TextError,
} from '../xtables/index.js'
import { type ParameterInput, type ParameterValue, parameterValue, readValue } from './value.js'

/**
 * The options of a match or target as a dictionary: their names as text has them (`to-destination`), values as text, lists
 * for several words. Behind `next` stands a dictionary of the options that follow it, whose names may come again.
 */
export interface ParameterDictionary {
  readonly [name: string]: ParameterInput | ParameterValue | ParameterDictionary
}

type Type = 'match' | 'target'

/** Begins the next element of a list of elements: options behind it may have the names of options before it. */
export const NEXT = 'next'
/** How many dictionaries may stand inside of each other: no match takes as many elements. */
const DEEPEST = 16

export function isDictionary(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The match or target that options say. Throws an InputError whose path is the option that makes no sense: a column, which
 * text would have, nobody has given.
 */
export function readOptions(type: 'match', name: string, given: readonly Parameter[], context: ParameterContext): MatchInput
export function readOptions(type: 'target', name: string, given: readonly Parameter[], context: ParameterContext): TargetInput
export function readOptions(type: Type, name: string, given: readonly Parameter[], context: ParameterContext): MatchInput | TargetInput {
  try {
    return readParameters(type as 'match', name, given, context)
  } catch (error) {
    if (!TextError.is(error)) throw error
    for (const one of given) inside(one.name, () => canonicalParameter(type, name, one, context))
    throw new InputError(error.reason, { cause: error.cause })
  }
}

/** The options of a dictionary, in its order. Throws an InputError with the path of one that is none. */
export function fromOptionDictionary(type: Type, name: string, options: Readonly<Record<string, unknown>>, family: Family, depth = 0): Parameter[] {
  if (depth > DEEPEST) throw new InputError(`has more than ${DEEPEST} dictionaries inside of each other`)
  return Object.entries(options).flatMap(([key, value]) =>
    inside(key, () => {
      if (value === undefined) return []
      const row = parameterRow(type, name, key, family)
      if (isDictionary(value) && row.name === NEXT) return [readValue(row, ''), ...fromOptionDictionary(type, name, value, family, depth + 1)]
      return [readValue(row, value as ParameterInput)]
    }),
  )
}

/** Options as a dictionary. */
export function toOptionDictionary(parameters: readonly Parameter[]): ParameterDictionary {
  const dictionary: Record<string, ParameterValue | ParameterDictionary> = {}
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.name === NEXT) {
      dictionary[NEXT] = toOptionDictionary(parameters.slice(index + 1))
      break
    }
    dictionary[parameter.name] = parameterValue(parameter)
  }
  return dictionary
}
