import { describeCommands } from '../../support/iptables-oracle.js'
import { same } from './differences.js'

/** Lines by what they are about. Each runs through the C tool and through ours, on the same tables. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  list: [
    '-L', '-L INPUT', '-L -n', '-nL', '-nvL', '-nvxL', '-L -v', '-L -x', '-L -v -x', '-L --line-numbers', '-L --line',
    '-nvL --line-numbers', '-nvxL --line-numbers', '-L INPUT 2', '-L INPUT 2 -n', '-nvL INPUT 2', '-L INPUT 9',
    '-L INPUT 0', '-L nosuch', '-L web', '-nvL web', '-L empty', '-vL empty', '-t nat -L', '-t nat -nvL',
    '-t mangle -nvL PREROUTING', '-t nosuch -L', '-L INPUT FORWARD', '-L INPUT 1 2', '-L -j ACCEPT', '-L -p tcp',
    '-L -c 1 2', '-L -A INPUT', '-L -L', '-L -Z', '-Z -L', '-L INPUT -Z', '-Z INPUT -L', '-L -Z INPUT', '-Z -L INPUT',
    '-Z INPUT -L FORWARD', '-L INPUT 2 -Z', '-L -F', '-Lnv', '-Ln', '-n', '-v', '--list', '--list=INPUT',
    '--list=nosuch', '--list INPUT --numeric --verbose --exact', '--lis', '--li', '-LINPUT', '-L 1', '-L -i eth0',
    '-nL --verb', '-L -w', '-L --wait', '-L unused -n', '-t raw -L', '-t raw -nvL --line-numbers',
    '-t filter -L unused', '-S', '-S INPUT', '-S -v', '-S INPUT -v', '-vS', '-S INPUT 2', '-vS INPUT 2', '-S INPUT 9',
    '-S INPUT 0', '-S nosuch', '-S web', '-S empty', '-S -n', '-S -x', '-S --line-numbers', '-S -Z', '-Z -S',
    '-S INPUT -Z', '-S INPUT 2 -Z', '-S -t nat', '-t mangle -S PREROUTING', '--list-rules', '--list-r',
    '--list-rules=web', '-S -L', '-S -j ACCEPT', '-S INPUT FORWARD', '-S -c 1 2', '-Z INPUT 2 -L',
  ],
  'flush and zero': [
    '-F', '-F INPUT', '-F web', '-F nosuch', '-F empty', '-v -F', '-v -F INPUT', '-F INPUT 1', '-F INPUT FORWARD',
    '-t nat -F', '-t nosuch -F', '-F -n', '-F -p tcp', '--flush', '--flush=web', '--flush web', '-FINPUT', '-F -F',
    '-F -X', '-X -F', '-Z', '-Z INPUT', '-Z INPUT 2', '-Z INPUT 9', '-Z INPUT 0', '-Z INPUT x', '-Z nosuch', '-Z web',
    '-Z web 2', '-v -Z', '-v -Z INPUT', '-v -Z INPUT 1', '-t nat -Z', '-Z -n', '-Z -Z', '--zero', '--zero web',
    '--zero=web', '-Z -j ACCEPT', '-Z empty', '-Z empty 1', '-Z INPUT 1 2',
  ],
  'chains and policies': [
    '-N new', '-N web', '-N INPUT', '-N ACCEPT', '-N DROP', '-N RETURN', '-N QUEUE', '-N LOG', '-N MARK', '-N',
    '-N new other', '-N -new', '-N !new', '-N !', "-N 'a b'", "-N ''", '-N abcdefghijklmnopqrstuvwxyzab',
    '-N abcdefghijklmnopqrstuvwxyzabc', '-N PREROUTING', '-N tcp', '-N new -n', '-N new -j ACCEPT', '-N new -v',
    '--new new', '--new-chain new', '--new-chain=new', '-Nnew', '-t nat -N new', '-t nosuch -N new', '-N a -N b',
    '-N new,comma', '-N nëw', "-N 'new'", '-N new"quote', "-N 'back\\slash'", '-N accept', '-N a:b', '-N #x', '-N *x',
    '-N unknown', '-N TCPMSS', '-N ICMP', '-N standard', '-N ERROR', '-X empty', '-X web', '-X unused', '-X INPUT',
    '-X nosuch', '-X', '-v -X empty', '-X empty unused', '-t nat -X', '-v -t nat -X', '-t mangle -X', '-X -n',
    '--delete-chain empty', '--delete-chain=empty', '--delete-c empty', '-Xempty', '-P INPUT DROP', '-P INPUT ACCEPT',
    '-P INPUT REJECT', '-P INPUT RETURN', '-P INPUT QUEUE', '-P INPUT drop', '-P INPUT', '-P', '-P nosuch DROP',
    '-P web DROP', '-P INPUT DROP -c 5 6', '-P INPUT -c 5 6 DROP', '-P FORWARD ACCEPT -v', '-P INPUT DROP ACCEPT',
    '-t nat -P PREROUTING DROP', '-t nat -P OUTPUT ACCEPT', '-P INPUT web', '--policy INPUT DROP',
    '--policy=INPUT DROP', '-P INPUT DROP -n', '-P INPUT DROP -j ACCEPT', "-P INPUT ''", '-t mangle -P INPUT DROP',
    '-P INPUT DROP -c 5', '-E empty full', '-E web www', '-E INPUT in', '-E web INPUT', '-E web empty', '-E nosuch x',
    '-E web', '-E', '-E web web', '-E web -x', '-E web !x', '-E web ACCEPT', '-E web abcdefghijklmnopqrstuvwxyzab',
    '--rename-chain web www', '--rename web www', '--rename-chain=web www', '-v -E web www', '-t nat -E web www',
    '-E web www -n', '-E web www more',
  ],
}

describeCommands('the same command line as %s', (oracle) => {
  describe.each(Object.entries(LINES))('%s', (_about, lines) => {
    test.each(same(oracle, 'ip', lines))('iptables %s', (line) => oracle.expectSame('ip', line))
  })
})
