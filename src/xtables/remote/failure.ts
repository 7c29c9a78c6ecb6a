import { type Remake, remakeFailure, reasonOf } from '../../netlink/index.js'
import { ConflictError, LockError } from '../error.js'
import { TextError } from '../text/error.js'

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** The classes of this room. */
const CLASSES: Readonly<Record<string, Remake>> = {
  ConflictError: (message, { attempts }, cause) => new ConflictError(message, { attempts: number(attempts), ...cause }),
  LockError: (message, { path, holder }, cause) => new LockError(message, { path: String(path), ...(holder ? { holder: holder as LockError['holder'] } : {}), ...cause }),
  TextError: (message, { path, line, column }, cause) => {
    const place = String(path)
    return new TextError(reasonOf(message, place), { line: place.startsWith('line') ? number(line) : undefined, column: number(column), ...cause })
  },
}

/** The error that the daemon tells of. */
export function remade(told: unknown): Error {
  return remakeFailure(told, CLASSES)
}
