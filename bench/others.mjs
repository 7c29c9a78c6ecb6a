// How much of the processors went elsewhere while this ran: to other programs, and to other machines on the same host.
// Numbers from a busy machine prove little, in either direction.
import { readFileSync } from 'node:fs'

/** proc(5): the first line of /proc/stat, in clock ticks since the machine was started. */
function ticks() {
  const [user, nice, system, idle, waiting, irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/ +/)
    .slice(1)
    .map(Number)
  const busy = user + nice + system + irq + softirq
  return { busy, steal, all: busy + idle + waiting + steal }
}

/** proc(5): what this process and those it has started and seen end have used, in the same ticks. */
function own() {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
  return fields[11] + fields[12] + fields[13] + fields[14]
}

const before = { ...ticks(), own: own() }

/** Shares of all processor time since this was loaded: of other programs (the kernel's workers too), of the host. */
export function others() {
  const { busy, steal, all } = ticks()
  const share = (part) => `${((100 * Math.max(0, part)) / (all - before.all)).toFixed(0)} %`
  return { programs: share(busy - before.busy - (own() - before.own)), host: share(steal - before.steal) }
}
