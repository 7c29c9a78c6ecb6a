import { basename, dirname, isAbsolute, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A place in a program. */
interface Frame {
  readonly file: string
  readonly line: number
  /** '' where it has no name. */
  readonly function: string
}

/** Frames that are looked at: those of this folder and the one they were called from. */
const DEPTH = 16

/** The folder of these files; undefined in a bundle, where the stack does not tell them from the rest of the program. */
const OWN = ownFolder()

function ownFolder(): string | undefined {
  const here = frameOf(new Error('here').stack, () => true)
  return here && /^origin\.\w+$/.test(basename(here.file)) ? dirname(here.file) : undefined
}

/** The innermost frame that is looked for in a stack as V8 prints it, apart from those of Node.js, of native code and of `eval`. */
function frameOf(stack: unknown, isIt: (frame: Frame) => boolean): Frame | undefined {
  if (typeof stack !== 'string') return undefined
  for (const line of stack.split('\n')) {
    const frame = readFrame(line)
    if (frame && isIt(frame)) return frame
  }
  return undefined
}

/** `    at new Shop (file:///srv/shop.js:3:7)`, `    at /srv/shop.js:3:7`. */
function readFrame(text: string): Frame | undefined {
  const body = /^\s+at (?:async )?(.+)$/.exec(text)?.[1]
  if (body === undefined) return undefined
  const open = body.endsWith(')') ? body.indexOf(' (') : -1
  const [, place, line] = /^(.+):(\d+):\d+$/.exec(open < 0 ? body : body.slice(open + 2, -1)) ?? []
  if (place === undefined || /^node:|^native|<anonymous>/.test(place)) return undefined
  const name = open < 0 ? '' : body.slice(0, open).replace(/ \[as .*$/, '').replace(/^Object\./, '')
  return { file: pathOf(place), line: Number(line), function: name.includes('<anonymous>') ? '' : name }
}

function pathOf(place: string): string {
  try {
    return place.startsWith('file://') ? fileURLToPath(place) : place
  } catch {
    return place
  }
}

/**
 * Where in the program something was made: the innermost place outside of the builder's own files. Finding it costs little
 * until somebody asks.
 */
export class Origin {
  readonly #holder: { stack?: unknown } = {}
  #frame: Frame | undefined
  #read = false

  constructor() {
    const before = Error.stackTraceLimit
    Error.stackTraceLimit = DEPTH
    Error.captureStackTrace(this.#holder, Origin)
    Error.stackTraceLimit = before
  }

  /** Path of the file, from the working directory where it is below that; '' where nothing is known. */
  get file(): string {
    const file = this.#found?.file ?? ''
    const shorter = isAbsolute(file) ? relative(process.cwd(), file) : file
    return shorter.startsWith(`..${sep}`) || isAbsolute(shorter) ? file : shorter
  }

  /** Counted from 1; 0 where nothing is known. */
  get line(): number {
    return this.#found?.line ?? 0
  }

  /** The name of the function; '' outside of all, and for one without a name. */
  get function(): string {
    return this.#found?.function ?? ''
  }

  /** `rules.mjs:12 main`. */
  toString(): string {
    const { file } = this
    if (file === '') return 'unknown place'
    return `${file}:${this.line}${this.function === '' ? '' : ` ${this.function}`}`
  }

  get #found(): Frame | undefined {
    if (!this.#read) {
      this.#read = true
      if (OWN !== undefined) this.#frame = frameOf(this.#holder.stack, ({ file }) => dirname(file) !== OWN)
      this.#holder.stack = undefined
    }
    return this.#frame
  }
}
