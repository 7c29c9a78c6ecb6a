import { type CallOptions, InputError } from '../../netlink/index.js'
import type { Entry } from '../attributes.js'
import { BulkSender } from '../bulk.js'
import { COMMAND, familyNumber, LIST_FLAG } from '../command.js'
import type { Reading } from '../dimension/dimension.js'
import { demandSetName } from '../dimension/others.js'
import { printElement } from '../element.js'
import { IPSetError } from '../error.js'
import { chunks } from '../listing.js'
import { type Place, Places, readingFor } from '../place.js'
import { named } from '../reader.js'
import { newestRevision } from '../revision.js'
import type { Session } from '../session.js'
import { findType } from '../type.js'
import type { CommandLine, Environment, OutputForm } from './command-line.js'
import { atWord, RestoreError, TextError, UsageError } from './error.js'
import { readCreateWords, readEntryWords } from './options.js'
import { print, type PrintOptions } from './print.js'
import type { Word } from './words.js'

/** Where the words of a run go, and who helps it read them. */
export interface Surroundings {
  out(text: string): void | Promise<void>
  /** A warning or a notice: nothing that stops the run. */
  note(kind: 'warning' | 'notice', text: string): void
  /** Turns host names in an entry into addresses; undefined where there is nothing to turn. */
  resolve?(element: string, family: Place['family']): Promise<string | undefined>
  /** Turns the addresses of an entry into host names, for -resolve. */
  rewrite?: PrintOptions['rewrite']
}

/** What came of a command. */
export interface Outcome {
  /** False: a test that found no entry, which the tool ends with exit code 1. */
  readonly found: boolean
}

/** Carries out commands given as words: those of a command line, of a file, of a prompt. */
export class Runner {
  readonly #session: Session
  readonly #env: Environment
  readonly #around: Surroundings
  readonly #places = new Places()
  readonly #call: CallOptions
  #sender: { readonly sender: BulkSender; readonly key: string; readonly prefix: string | undefined } | undefined

  constructor(session: Session, env: Environment, around: Surroundings, call: CallOptions = {}) {
    this.#session = session
    this.#env = env
    this.#around = around
    this.#call = call
  }

  /**
   * Carries out a line. With `line`, entries to add and delete are gathered into batches, so that their errors may come
   * with a later line, or with `finish`; they name the line that is at fault.
   */
  async run({ command, operands, rest }: CommandLine, line = 0): Promise<Outcome> {
    const [first, second] = operands
    if (command !== 'create' && command !== 'add' && command !== 'del' && command !== 'test') {
      const extra = rest[0]
      if (extra) throw new UsageError(`Unknown argument ${extra.text}`, { column: extra.column })
    }
    if (command === 'add' || command === 'del') {
      await this.#change(command === 'del' ? 'delete' : 'add', setName(first!), second!, rest, line)
      return { found: true }
    }
    await this.finish()
    const exclusive = !this.#env.exist
    const call = { ...this.#call, exclusive }
    const name = first === undefined ? undefined : setName(first)
    const asked = { command: command ?? '', set: name }
    switch (command) {
      case 'create':
        await this.#create(name!, second!, rest)
        break
      case 'test':
        return { found: await this.#test(name!, second!, rest) }
      case 'destroy':
        this.#places.forget(name)
        await this.#session.set(COMMAND.destroy, named(name), asked, call)
        break
      case 'flush':
        await this.#session.set(COMMAND.flush, named(name), asked, call)
        break
      case 'rename':
      case 'swap':
        this.#places.forget()
        await this.#session.set(COMMAND[command], { name: name!, typename: setName(second!) }, asked, call)
        break
      case 'list':
      case 'save':
        await this.#list(name, command)
        break
    }
    return { found: true }
  }

  /**
   * The short cut for `add SET ENTRY` behind another line that adds to that set: undefined when the line is not so
   * simple and has to be `run`; else what has to be waited for, if anything.
   */
  quick(line: string, number: number): Promise<void> | false | undefined {
    if (!this.#sender?.prefix || !line.startsWith(this.#sender.prefix)) return undefined
    const element = line.slice(this.#sender.prefix.length)
    const { sender } = this.#sender
    if (!sender.putPlain(element, { line: number, entry: element })) return undefined
    return sender.next()?.catch(this.#refused) ?? false
  }

  /** Sends what has been gathered. */
  async finish(): Promise<void> {
    const sender = this.#sender?.sender
    this.#sender = undefined
    await sender?.finish().catch(this.#refused)
  }

  /** The error of a batch names the line of the entry at fault. What was gathered behind that line is not to be sent any more. */
  readonly #refused = (error: unknown): never => {
    this.#sender = undefined
    if (!IPSetError.is(error) || !error.batch) throw error
    throw new RestoreError((error.batch.entry as { line: number }).line, error)
  }

  async #create(name: string, typeWord: Word, rest: readonly Word[]): Promise<void> {
    const type = findType(typeWord.text)
    if (!type) throw new TextError(`Syntax error: typename '${typeWord.text}' is unknown`, { column: typeWord.column })
    const { family, data } = readCreateWords(type, rest, (text) => this.#around.note('warning', text))
    const revision = await newestRevision(this.#session, type, family)
    const body = { name, typename: type.name, revision, family: familyNumber(family), data }
    await this.#session.set(COMMAND.create, body, { command: 'create', set: name, group: type.group }, { ...this.#call, exclusive: !this.#env.exist })
    this.#places.set(name, { type, family })
  }

  async #change(command: 'add' | 'delete', name: string, element: Word, rest: readonly Word[], line: number): Promise<void> {
    const exclusive = !this.#env.exist
    if (line === 0) {
      const { place, entry } = await this.#entry(command, name, element, rest)
      const asked = { command, set: name, entry: element.text, group: place.type.group }
      await this.#session.entry(COMMAND[command], { name, data: entry }, asked, { ...this.#call, exclusive })
      return
    }
    const key = `${command} ${exclusive} ${name}`
    if (this.#sender?.key !== key) {
      await this.finish()
      const place = await this.#places.find(this.#session, name)
      const target = { set: name, type: place.type, reading: lenient(place, command) }
      const sender = new BulkSender(this.#session, command, target, { exclusive, signal: this.#call.signal, onProgress: undefined, defaults: undefined })
      // A name without quotes is the same written out, so lines that begin alike are alike.
      this.#sender = { sender, key, prefix: command === 'add' && /^[\w.:-]+$/.test(name) ? `add ${name} ` : undefined }
    }
    const { sender } = this.#sender
    const label = { line, entry: element.text }
    const plain = rest.length === 0 && sender.putPlain(element.text, label)
    const sent = plain ? sender.next() : sender.putEntry((await this.#entry(command, name, element, rest)).entry, label)
    if (sent) await sent.catch(this.#refused)
  }

  async #entry(command: Reading['purpose'], name: string, element: Word, rest: readonly Word[]): Promise<{ place: Place; entry: Entry }> {
    const place = await this.#places.find(this.#session, name, {}, this.#call)
    const reading = lenient(place, command)
    try {
      return { place, entry: readEntryWords(place.type, element, rest, reading) }
    } catch (error) {
      const resolved = InputError.is(error) && !UsageError.is(error) ? await this.#around.resolve?.(element.text, place.family) : undefined
      if (resolved === undefined) throw error
      return { place, entry: readEntryWords(place.type, { ...element, text: resolved }, rest, reading) }
    }
  }

  async #test(name: string, element: Word, rest: readonly Word[]): Promise<boolean> {
    const { place, entry } = await this.#entry('test', name, element, rest)
    const text = printElement(place.type, entry)
    const asked = { command: 'test', set: name, entry: element.text, group: place.type.group }
    const found = await this.#session.test({ name, data: entry }, asked, this.#call)
    this.#around.note(found ? 'warning' : 'notice', `${text} is ${found ? 'in' : 'NOT in'} set ${name}.`)
    return found
  }

  async #list(name: string | undefined, command: 'list' | 'save'): Promise<void> {
    const { output = command === 'save' ? 'save' : 'plain', sorted, terse, names, resolve } = this.#env
    const asked = { command, set: name }
    if (names && output !== 'save') return this.#names(name, output)
    const brief = terse && output !== 'save'
    const body = { ...named(name), ...(brief ? { flags: LIST_FLAG.headers } : {}) }
    const rewrite = resolve ? this.#around.rewrite : undefined
    const sets = chunks(this.#session.list(body, asked, this.#call))
    for await (const text of print(sets, { output, sorted, terse: brief, rewrite })) await this.#around.out(text)
  }

  async #names(name: string | undefined, output: OutputForm): Promise<void> {
    const found: string[] = []
    const body = { ...named(name), flags: LIST_FLAG.names }
    for await (const set of this.#session.list(body, { command: 'list', set: name }, this.#call)) found.push(set.name ?? '')
    if (output === 'xml') await this.#around.out(`<ipsets>\n${found.map((one) => `<ipset name="${one}"/>\n`).join('')}</ipsets>\n`)
    else if (output === 'json') await this.#around.out(`${JSON.stringify(found.map((one) => ({ name: one })), null, 2)}\n`)
    else await this.#around.out(found.map((one) => `${one}\n`).join(''))
  }
}

function lenient(place: Place, purpose: Reading['purpose']): Reading {
  return { ...readingFor(place, purpose), lenient: true }
}

function setName(word: Word): string {
  return atWord(word, () => demandSetName(word.text, 'set name'))
}
