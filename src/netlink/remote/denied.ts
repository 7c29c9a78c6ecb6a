import { NetfilterError } from '../wire/error.js'

/** The daemon's policy does not allow this user what was asked; nothing was done. */
export class DeniedError extends NetfilterError {
  declare readonly name: 'DeniedError'
  declare readonly code: 'ERR_DENIED'

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, code: 'ERR_DENIED' })
  }
}
