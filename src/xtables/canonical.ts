import type { Context } from './context.js'
import type { Extension } from './extension.js'
import { type Face, face, newest } from './face.js'
import type { Bag } from './option.js'
import { findExtension, noExtension } from './registry.js'
import { rows } from './row.js'
import { isSealed, seal } from './sealed.js'

/** The canonical form of the options of an extension. Throws an InputError where they make no sense. */
export function canonicalOptions(extension: Extension, options: Bag, context: Context): Bag {
  if (isSealed(options)) return options
  return seal((face(extension, newest(extension)) as Face).canonical(options, context))
}

/** As canonicalOptions, for options that have just been read from a text. */
export function completeOptions(extension: Extension, options: Bag, context: Context): Bag {
  const { complete } = face(extension, newest(extension)) as Face
  if (!complete || hasShorthand(extension, options)) return canonicalOptions(extension, options, context)
  return seal(complete(options, context))
}

function hasShorthand(extension: Extension, options: Bag): boolean {
  const known = rows(extension)
  for (const key in options) if (known.get(key)?.shorthand) return true
  return false
}

/** The extension that a match or target of a rule is. Throws an InputError where there is none of that name. */
export function extensionOf(type: Extension['type'], options: Bag, context: Context): Extension {
  const name = options[type]
  const found = typeof name === 'string' ? findExtension(type, name, context.family) : undefined
  if (found) return found
  throw noExtension(type, name, context.family)
}
