import { spawnSync } from 'node:child_process'
import { type Events, formatRule, type MonitorEvent } from '../../src/xtables/index.js'
import { eventually } from './waiting.js'
import { run } from './kernel.js'
import { environment } from './xtables.js'

/** Reads events in the background. */
export class Log {
  readonly all: MonitorEvent[] = []
  readonly over: Promise<void>
  ended = false

  constructor(events: Events<MonitorEvent>) {
    this.over = this.#read(events)
  }

  async #read(events: Events<MonitorEvent>): Promise<void> {
    try {
      for await (const event of events) this.all.push(event)
    } finally {
      this.ended = true
    }
  }

  /** What has happened since this was asked last, up to the next commit and with it. */
  async commit(): Promise<MonitorEvent[]> {
    await eventually(() => this.all.some(({ type }) => type === 'commit'))
    return this.all.splice(0, this.all.findIndex(({ type }) => type === 'commit') + 1)
  }
}

/** An event in a line. */
export function line(event: MonitorEvent): string {
  const place = (chain = '') => ('family' in event ? ` ${event.family} ${event.table}${chain}` : '')
  switch (event.type) {
    case 'rule-added':
      return `${event.type}${place()} -A ${event.chain} ${formatRule(event.rule)} (${event.at})`
    case 'rule-deleted':
      return `${event.type}${place()} -A ${event.chain} ${formatRule(event.rule)}`
    case 'rule-replaced':
      return `${event.type}${place()} -A ${event.chain} ${formatRule(event.before)} by ${formatRule(event.rule)}`
    case 'chain-changed':
      return `${event.type}${place(` ${event.before.chain} ${event.before.policy ?? '-'}`)} to ${event.chain} ${event.policy ?? '-'}`
    case 'chain-added':
    case 'chain-deleted':
      return `${event.type}${place(` ${event.chain}`)} ${event.policy ?? '-'}`
    default:
      return `${event.type}${place()}`
  }
}

/** Runs a program, and gives its process number. */
export function tool(program: string, ...args: string[]): number {
  const { status, stderr, pid } = spawnSync(program, args, { encoding: 'utf8', env: environment() })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return pid
}

/** Runs iptables-nft. */
export const iptables = (...args: string[]) => tool('iptables-nft', ...args)

/** A text of iptables-save without comments and without the counters of chains. */
export const formatted = (text: string) => text.replace(/^#.*\n/gm, '').replace(/ \[\d+:\d+\]$/gm, '')

/** What iptables-nft-save or ip6tables-nft-save prints, in that form. */
export const saved = (program: string) => formatted(run(`${program}-save`, []))
