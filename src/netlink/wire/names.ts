import { readFileSync } from 'node:fs'

/** Names of the protocols that firewalls speak of, for machines without /etc/protocols (IANA protocol numbers). */
const COMMON = new Map<string, number>(
  Object.entries({
    icmp: 1, igmp: 2, ipencap: 4, tcp: 6, udp: 17, dccp: 33, ipv6: 41, gre: 47, esp: 50, ah: 51, 'ipv6-icmp': 58,
    ospf: 89, vrrp: 112, l2tp: 115, sctp: 132, 'mobility-header': 135, udplite: 136,
  }),
)

interface Protocols {
  readonly byName: ReadonlyMap<string, number>
  readonly byNumber: ReadonlyMap<number, string>
}

let protocols: Protocols | undefined
let services: ReadonlyMap<string, number> | undefined
let servicesByPort: ReadonlyMap<string, string> | undefined

/** The number of an IP protocol by its name or alias in /etc/protocols, or by number; undefined when unknown. */
export function protocolNumber(name: string): number | undefined {
  const { byName } = (protocols ??= readProtocols())
  return byName.get(name) ?? byName.get(name.toLowerCase() === 'icmpv6' ? 'ipv6-icmp' : name.toLowerCase())
}

/** The name of an IP protocol, or its number in digits where it has none. */
export function protocolName(number: number): string {
  const { byNumber } = (protocols ??= readProtocols())
  return byNumber.get(number) ?? String(number)
}

/** The port of a service in /etc/services for a protocol (by name), or undefined. */
export function servicePort(service: string, protocol: string): number | undefined {
  services ??= readServices()
  return services.get(`${service}/${protocol}`)
}

/** The service of a port in /etc/services for a protocol (by name), or undefined. */
export function serviceName(port: number, protocol: string): string | undefined {
  if (!servicesByPort) {
    const byPort = new Map<string, string>()
    for (const [name, place = ''] of words('/etc/services')) if (!byPort.has(place)) byPort.set(place, name as string)
    servicesByPort = byPort
  }
  return servicesByPort.get(`${port}/${protocol}`)
}

function readProtocols(): Protocols {
  const byName = new Map(COMMON)
  const byNumber = new Map([...COMMON].map(([name, number]) => [number, name]))
  const found = new Set<number>()
  for (const [name, value, ...aliases] of words('/etc/protocols')) {
    const number = Number(value)
    if (name === undefined || !Number.isInteger(number)) continue
    for (const one of [name, ...aliases]) byName.set(one, number)
    if (!found.has(number)) byNumber.set(number, name)
    found.add(number)
  }
  return { byName, byNumber }
}

function readServices(): ReadonlyMap<string, number> {
  const ports = new Map<string, number>()
  for (const [name, place = '', ...aliases] of words('/etc/services')) {
    const [port, protocol] = place.split('/')
    for (const one of [name, ...aliases]) {
      const key = `${one}/${protocol}`
      if (!ports.has(key)) ports.set(key, Number(port))
    }
  }
  return ports
}

/** The words of each line of a file, comments left out; nothing where there is no such file. */
function words(path: string): string[][] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').split(/\s+/).filter(Boolean))
    .filter((line) => line.length > 1)
}
