import { type Acknowledgement, beginNfMessage, type CallOptions, Connection, type ConnectionOptions, FAMILY, finishMessage, InputError, type Listener, type Message, messageType, NLM_F, readNfGenMsg, RemoteTransport, SUBSYSTEM, TransportError } from '../netlink/index.js'
import type { Writer } from '../netlink/wire/cursor.js'
import { EntryCommand, SetCommand } from './attributes.js'
import { type Command, COMMAND, PROTOCOL, PROTOCOL_MIN } from './command.js'
import { type Asked, IPSET_ERR_EXIST, ipsetError } from './error.js'

/** `exclusive: false` asks the kernel not to mind what is there, or gone, already. */
export interface SendOptions extends CallOptions {
  readonly exclusive?: boolean | undefined
}

/** A socket of one's own, or the way to a daemon that has one. */
export interface SessionOptions extends ConnectionOptions {
  /**
   * Path of the socket of `nfkit serve`, which then asks the kernel in this program's place, as far as its policy allows. The
   * network namespace is the daemon's.
   */
  readonly daemon?: string | undefined
}

const IPSET_ERR_PROTOCOL = 4097
const EINVAL = 22

/** An open socket that speaks ipset in the version the kernel speaks: one command in, its answer out. */
export class Session {
  readonly connection: Connection
  /** Version both sides speak, 6 or 7. */
  protocol = PROTOCOL

  private constructor(connection: Connection) {
    this.connection = connection
  }

  /** Opens a socket and agrees on a version. Rejects with ERR_UNSUPPORTED when the kernel has no ipset. */
  static async open({ daemon, ...options }: SessionOptions): Promise<Session> {
    const session = new Session(await Connection.open(daemon === undefined ? options : await throughDaemon(daemon, options)))
    try {
      await session.#negotiate()
      return session
    } catch (error) {
      session.connection.close()
      throw error
    }
  }

  async #negotiate(): Promise<void> {
    const { highest, lowest } = await this.versions()
    if (lowest > PROTOCOL || highest < PROTOCOL_MIN) {
      throw new TransportError(`the kernel speaks versions ${lowest} to ${highest} of the ipset protocol, this library ${PROTOCOL_MIN} to ${PROTOCOL}`, { code: 'ERR_UNSUPPORTED' })
    }
    this.protocol = Math.min(PROTOCOL, highest)
  }

  /** Highest and lowest version of the protocol that the kernel speaks. */
  async versions(options: CallOptions = {}): Promise<{ highest: number; lowest: number }> {
    for (const protocol of [PROTOCOL, PROTOCOL_MIN]) {
      let answer: SetCommand = {}
      const ack = await this.#send(COMMAND.protocol, (writer) => SetCommand.write(writer, { protocol }), (message) => {
        answer = readCommand(message)
      }, options)
      const errno = ack?.errno ?? 0
      if (errno === 0) return { highest: answer.protocol ?? PROTOCOL_MIN, lowest: answer.minimum ?? answer.protocol ?? PROTOCOL_MIN }
      if (errno === EINVAL) {
        throw new TransportError('this kernel has no ipset: load the module ip_set, or build the kernel with CONFIG_IP_SET', { code: 'ERR_UNSUPPORTED', errno })
      }
      if (errno !== IPSET_ERR_PROTOCOL) throw ipsetError(ack!, { command: 'protocol' })
    }
    throw new TransportError('the kernel refuses every version of the ipset protocol that this library speaks', { code: 'ERR_UNSUPPORTED' })
  }

  /** Sends a command about a set; resolves with the data the kernel answers, {} when it only acknowledges. */
  async set(command: Command, body: SetCommand, asked: Asked, options?: SendOptions): Promise<SetCommand> {
    let answer: SetCommand = {}
    const ack = await this.#send(command, (writer) => SetCommand.write(writer, { protocol: this.protocol, ...body }), (message) => {
      answer = readCommand(message)
    }, options)
    if (ack && ack.errno !== 0) throw ipsetError(ack, asked)
    return answer
  }

  /** Adds or deletes one entry. */
  entry(command: Command, body: EntryCommand, asked: Asked, options: SendOptions = {}): Promise<void> {
    return this.#entry(command, body, options, (ack) => {
      if (ack.errno !== 0) throw ipsetError(ack, asked)
    })
  }

  /** Whether an entry is there. That it is not is an answer, no error. */
  async test(body: EntryCommand, asked: Asked, options: SendOptions = {}): Promise<boolean> {
    let found = true
    await this.#entry(COMMAND.test, body, options, (ack) => {
      found = ack.errno === 0
      if (!found && ack.errno !== IPSET_ERR_EXIST) throw ipsetError(ack, asked)
    })
    return found
  }

  /** One promise and no more: single entries come by the hundred thousand. */
  #entry(command: Command, body: EntryCommand, options: SendOptions, acknowledged: (ack: Acknowledgement) => void): Promise<void> {
    body.protocol = this.protocol
    const flags = options.exclusive === false ? command.flags & ~NLM_F.exclusive : command.flags
    return this.connection.request(command.name, 'ack', (writer, sequence) => {
      const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, command.number), flags, FAMILY.inet, sequence)
      EntryCommand.write(writer, body)
      finishMessage(writer, start)
    }, { acknowledged }, options)
  }

  /** Lists sets: yields each message as it arrives. On a second connection while a list is being read on this one. */
  async *list(body: SetCommand, asked: Asked & { readonly command: 'list' | 'save' }, options: CallOptions = {}): AsyncGenerator<SetCommand, void, undefined> {
    const own = this.connection.dumping ? this.connection.another() : undefined
    const connection = own ?? this.connection
    const build = (writer: Writer, sequence: number) => {
      write(writer, COMMAND[asked.command], COMMAND.list.flags, sequence, () => SetCommand.write(writer, { protocol: this.protocol, ...body }))
    }
    try {
      yield* connection.stream('list', build, readCommand, (ack) => ipsetError(ack, asked), options)
    } finally {
      own?.close()
    }
  }

  /** Sends one command and gives its acknowledgement; none where the data message is all there is. */
  async #send(command: Command, build: (writer: Writer) => void, read?: (message: Message) => void, options: SendOptions = {}): Promise<Acknowledgement | undefined> {
    let ack: Acknowledgement | undefined
    const flags = options.exclusive === false ? command.flags & ~NLM_F.exclusive : command.flags
    const listener: Listener = {
      acknowledged(acknowledgement) {
        ack = acknowledgement
      },
    }
    if (read) listener.message = read
    const ending = command.flags & NLM_F.ack ? 'ack' : 'data'
    await this.connection.request(command.name, ending, (writer, sequence) => {
      write(writer, command, flags, sequence, () => build(writer))
    }, listener, options)
    return ack
  }
}

async function throughDaemon(daemon: string, options: ConnectionOptions): Promise<ConnectionOptions> {
  for (const other of ['transport', 'netns'] as const) {
    if (options[other] !== undefined) throw new InputError(`'${other}' and 'daemon' exclude each other: the daemon has the socket`, { path: 'options' })
  }
  const transport = new RemoteTransport(daemon, 'ipset', options.timeout)
  await transport.connect()
  return { ...options, transport }
}

function write(writer: Writer, { number }: Command, flags: number, sequence: number, body: () => void): void {
  const start = beginNfMessage(writer, messageType(SUBSYSTEM.ipset, number), flags, FAMILY.inet, sequence)
  body()
  finishMessage(writer, start)
}

function readCommand(message: Message): SetCommand {
  readNfGenMsg(message)
  return SetCommand.read(message.body)
}
