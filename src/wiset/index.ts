export type { Content, IPStats } from './content.js'
export {
  addIpsetEntry,
  createIpset,
  deleteIpsetEntry,
  destroyIpset,
  flushIpset,
  loadAllIpsets,
  loadIpset,
  swapIpsets,
  testIpsetEntries,
  testIpsetEntry,
  testIpsetExist,
  updateWisetContent,
} from './helpers.js'
export { getIpsetSocket, needIpsetSocket, type Socketed } from './need-socket.js'
export type { NewEntries, ReplaceOptions } from './replace.js'
export { WiSet, type WiSetOptions } from './wiset.js'
