export { type Acknowledgement, readAcknowledgement } from './acknowledge.js'
export { type Capture, type Frame, readJson, Recorder, writeJson } from './capture.js'
export { type Build, Connection, type ConnectionCounters, type ConnectionOptions } from './connection.js'
export {
  DumpInterruptedError,
  errnoName,
  errnoText,
  InputError,
  inside,
  KernelError,
  type KernelErrorDetails,
  NetfilterError,
  ProtocolError,
  TransportError,
  type TransportFault,
} from './error.js'
export type { Ending, Listener } from './exchange.js'
export { Header, HEADER_SIZE, NETLINK_NETFILTER, NLM_F, NLMSG } from './header.js'
export type { CallOptions } from './inbox.js'
export { interfaceNames } from './interfaces.js'
export { type Libc, loadLibc, type Reserved } from './libc.js'
export { beginMessage, finishMessage, type Message, messages, setSequence } from './message.js'
export { batchMessage, beginNfMessage, FAMILY, messageType, NfGenMsg, readNfGenMsg, SUBSYSTEM } from './nfnetlink.js'
export { Namespace } from './netns.js'
export { atOnce, breathe, busy, inTurns, pauseAfter } from './pace.js'
export { readPcap, writePcap } from './pcap.js'
export { QueuedTransport } from './queued.js'
export { outcomeOf, refuse } from './refusal.js'
export { type Connected, connectDaemon, type ConnectOptions, type ServiceName, VERSION as DAEMON_VERSION } from './remote/connect.js'
export { DeniedError } from './remote/denied.js'
export { type Failure, reasonOf, type Remake, remakeFailure, tellFailure } from './remote/failure.js'
export { type FrameOptions, FrameSocket } from './remote/frame.js'
export { RemoteTransport } from './remote/transport.js'
export { Replayer } from './replay.js'
export { openTransport } from './socket/open.js'
export { type Overrun, Subscription, type SubscriptionOptions } from './subscription.js'
export {
  type SocketOptions,
  type Transport,
  type TransportCounters,
  type TransportKind,
  TruncatedDatagram,
} from './transport.js'
export { sendUnixDatagram, unixAddress } from './unix.js'
