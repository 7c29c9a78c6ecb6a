export type { Progress } from './bulk.js'
export type { Family } from './command.js'
export { CREATE_OPTIONS, type CreateOptions } from './create.js'
export { PortEntry, PortRange } from './dimension/port.js'
export { describeEntry, type EntryInput, type EntryPart, type EntryWithOptions, type SetEntry } from './element.js'
export { sizeOf } from './entries.js'
export { AlreadyExists, type BatchFailure, codeName, IPSetError, NoSuchObject, SetFullError, SetInUseError } from './error.js'
export type { SetHeader } from './header.js'
export { type Intent, intentOf, intentsOf, setOfAnswer, TEMPORARY_SETS } from './intent.js'
export {
  type AddOptions,
  type BulkCallOptions,
  type DeleteOptions,
  IPSet,
  type RestoreOptions,
  type TestOptions,
} from './ipset.js'
export type { Chunk, RawChunk } from './listing.js'
export { type EntryOptions, formatSkbmark } from './option.js'
export type { IPSetOptions, ListOptions } from './reader.js'
export { Session, type SessionOptions } from './session.js'
export {
  COMMANDS,
  type CommandLine,
  ENVIRONMENT_OPTIONS,
  type Environment,
  environment,
  readCommandLine,
} from './text/command-line.js'
export { RestoreError, UsageError } from './text/error.js'
export { linesOf } from './text/lines.js'
export { foundNothing, restoreLines } from './text/restore.js'
export { Runner, type Surroundings } from './text/runner.js'
export { splitWords, type Word } from './text/words.js'
export { findType, SET_TYPES, type SetType, type SetTypeName } from './type.js'
