import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program of a page, or commands with what they print: one after the other they make what the page is about. */
export interface Step {
  readonly line: number
  readonly heading: string
  readonly kind: 'program' | 'console'
  readonly text: string
}

/** A command of a page, and what stands below it. */
export interface Shown {
  readonly command: string
  readonly lines: readonly string[]
}

const FENCE = /^```(js|console)\n([\s\S]*?)^```$/gm

/** The steps of a Markdown page of the repository, in order. */
export function stepsOf(page: string): Step[] {
  const text = readFileSync(join(__dirname, '../..', page), 'utf8')
  return [...text.matchAll(FENCE)].map(({ index, 1: kind, 2: body = '' }) => {
    const before = text.slice(0, index)
    // A comment of a program is no heading.
    const heading = [...before.replaceAll(FENCE, '').matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? ''
    return { line: before.split('\n').length, heading, kind: kind === 'js' ? 'program' : 'console', text: body }
  })
}

/** What a program says it prints: it stands behind `// ` on the line that prints. */
export function printedBy({ text }: Step): string[] {
  return [...text.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, expected]) => expected as string)
}

/** The commands of a console, `# ` in front of each. */
export function commandsOf({ text }: Step): Shown[] {
  return text
    .split(/^# /m)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [command = '', ...lines] = piece.trimEnd().split('\n')
      return { command, lines }
    })
}

/** Lines of a command as pages show them: without comments and empty lines, and with counters at zero. */
export function asShown(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/\[\d+:\d+\]/g, '[0:0]').trimEnd())
}
