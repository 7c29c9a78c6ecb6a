import { type Tool, version } from './iptables-tool.js'

/** What `-h` prints. */
export function help(tool: Tool): string {
  const { name } = tool
  return `${version(tool)}

Usage: ${name} -[ACD] chain rule-specification
       ${name} -I chain [rulenum] rule-specification
       ${name} -R chain rulenum rule-specification
       ${name} -D chain rulenum
       ${name} -[LS] [chain [rulenum]] [options]
       ${name} -[FZ] [chain] [options]
       ${name} -[NX] chain
       ${name} -E old-chain-name new-chain-name
       ${name} -P chain target [options]

Commands (a long name may be shortened as long as it is clear):
  --append       -A chain               put a rule at the end of a chain
  --check        -C chain               exit with 0 where the chain has such a rule, with 1 where not
  --delete       -D chain [rulenum]     take out a rule
  --insert       -I chain [rulenum]     put a rule before another (the first unless given)
  --replace      -R chain rulenum       put a rule in the place of another
  --list         -L [chain [rulenum]]   list rules in a table to be looked at
  --list-rules   -S [chain [rulenum]]   print rules as commands
  --flush        -F [chain]             take out all rules
  --zero         -Z [chain [rulenum]]   set counters to zero
  --new-chain    -N chain               make a chain
  --delete-chain -X [chain]             delete a chain, or all that are not built in
  --policy       -P chain target        what happens to packets no rule decides on
  --rename-chain -E old new             give a chain another name

Options of a rule ([!] may stand in front to negate it):
 [!] --protocol      -p proto           protocol by number or name: '-p tcp'
 [!] --source        -s address[/mask][,...]
 [!] --destination   -d address[/mask][,...]
 [!] --in-interface  -i name[+]         a + at the end stands for any more characters
 [!] --out-interface -o name[+]
${tool.family === 'ip' ? ' [!] --fragments     -f                second and further fragments only\n' : ''}     --match         -m match           a match, with its own options behind it
     --jump          -j target          a verdict, a chain, or a target with its own options behind it
     --goto          -g chain           go on in a chain without coming back
     --set-counters  -c packets bytes

Other options:
     --table         -t table           filter unless given
     --numeric       -n                 list numbers, not names
     --verbose       -v                 list counters and interfaces; say what is done
     --exact         -x                 list counters to the last digit
     --line-numbers                     list the numbers of rules
     --wait          -w [seconds]       wait for the lock, as long as it takes unless given
     --ipv4 -4, --ipv6 -6, --version -V, --help -h
`
}
