export type { BatchFailure } from './error.js'
export type { Progress } from './bulk.js'
export type { CreateOptions } from './create.js'
export type { Family } from './command.js'
export { PortEntry, PortRange } from './dimension/port.js'
export type { EntryInput, EntryPart, EntryWithOptions, SetEntry } from './element.js'
export { AlreadyExists, IPSetError, NoSuchObject, SetFullError, SetInUseError } from './error.js'
export type { SetHeader } from './header.js'
export {
  type AddOptions,
  type BulkCallOptions,
  type DeleteOptions,
  IPSet,
  type IPSetOptions,
  type ListOptions,
  type TestOptions,
} from './ipset.js'
export type { Chunk, RawChunk } from './listing.js'
export type { EntryOptions } from './option.js'
export { SET_TYPES, type SetType, type SetTypeName } from './type.js'
