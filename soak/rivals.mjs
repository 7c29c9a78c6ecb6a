// Other programs that change the same tables and sets all the time: the C tools, in shells that go on until told to stop.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A cycle leaves nothing behind. A command that fails ends the shell: somebody has touched what is the rival's. */
const TABLES = `
trap 'stop=1' TERM
fail() { echo "rival $TOOL: $*" >&2; exit 1; }
i=0
while [ -z "$stop" ]; do
  i=$((i+1))
  $TOOL -w -N rival-$i || fail -N
  $TOOL -w -A rival-$i -p tcp --dport 22 -j RETURN || fail -A
  for chain in INPUT OUTPUT; do $TOOL -w -A $chain -m comment --comment rival-$i -j rival-$i || fail -A $chain; done
  $TOOL -w -t mangle -I PREROUTING -m comment --comment rival-$i || fail -I
  $TOOL-save >/dev/null || fail save
  printf '*filter\\n-A rival-%s -s %s -j DROP\\n-I INPUT -m comment --comment rival-%s\\nCOMMIT\\n' $i $ADDRESS $i | $TOOL-restore -w --noflush || fail restore
  $TOOL -w -C rival-$i -s $ADDRESS -j DROP || fail -C
  $TOOL -w -D INPUT -m comment --comment rival-$i || fail -D restored
  for chain in INPUT OUTPUT; do $TOOL -w -D $chain -m comment --comment rival-$i -j rival-$i || fail -D $chain; done
  $TOOL -w -t mangle -D PREROUTING -m comment --comment rival-$i || fail -D
  $TOOL -w -F rival-$i || fail -F
  $TOOL -w -X rival-$i || fail -X
  sleep 0.05
done
echo $i
`

const SETS = `
trap 'stop=1' TERM
fail() { echo "rival ipset: $*" >&2; exit 1; }
i=0
while [ -z "$stop" ]; do
  i=$((i+1))
  n=$((i % 200))
  ipset create rival-$n hash:ip || fail create
  ipset create rival-other hash:ip || fail create
  ipset add rival-$n 192.168.0.$n || fail add
  ipset add shared 192.168.0.$n || fail add shared
  ipset save >/dev/null || fail save
  ipset test shared 192.168.0.$n 2>/dev/null || fail test
  ipset swap rival-$n rival-other || fail swap
  ipset test rival-other 192.168.0.$n 2>/dev/null || fail test
  ipset del shared 192.168.0.$n || fail del
  ipset destroy rival-$n || fail destroy
  ipset destroy rival-other || fail destroy
  sleep 0.05
done
echo $i
`

function start(name, script, env) {
  const child = spawn('sh', ['-c', script], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const rival = { name, cycles: 0, complaint: '', failed: false }
  let printed = ''
  child.stdout.on('data', (piece) => {
    printed += piece
  })
  child.stderr.on('data', (piece) => {
    rival.complaint = `${rival.complaint}${piece}`.slice(-2000)
  })
  const ended = once(child, 'close').then(([code]) => {
    rival.cycles = Number(printed.trim())
    rival.failed = code !== 0
  })
  rival.stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  rival.kill = () => child.kill('SIGKILL')
  return rival
}

/** One for each C tool. */
export function startRivals(backends) {
  const rivals = backends.flatMap((backend) => [
    start(`iptables-${backend}`, TABLES, { TOOL: `iptables-${backend}`, ADDRESS: '192.0.2.9' }),
    start(`ip6tables-${backend}`, TABLES, { TOOL: `ip6tables-${backend}`, ADDRESS: '2001:db8::9' }),
  ])
  return [...rivals, start('ipset', SETS, {})]
}
