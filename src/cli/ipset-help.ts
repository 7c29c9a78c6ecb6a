import { COMMANDS, ENVIRONMENT_OPTIONS, findType, SET_TYPES, type SetType, UsageError } from '../ipset/index.js'

/** What scripts look for to learn which ipset they run: the version whose command line this is. */
export const VERSION_LINE = 'ipset v7.17, protocol version: 7\n'

/** The text of `ipset help`, or of `ipset help TYPE`. */
export function helpText(typeName?: string): string {
  if (typeName === undefined) return `${general()}\nSupported set types:\n${[...SET_TYPES.values()].map(typeLine).join('')}`
  const type = findType(typeName)
  if (!type) throw new UsageError(`Unknown settype: \`${typeName}'`)
  return `${general()}\n${typeHelp(type)}`
}

function general(): string {
  const commands = COMMANDS.map(({ name, aliases, usage, doc }) => `${[name, ...aliases].join(', ')} ${usage}\n        ${doc}\n`)
  const options = ENVIRONMENT_OPTIONS.map(({ names, usage = '', doc }) => `${names.join(', ')} ${usage}\n        ${doc}\n`)
  return `ipset v7.17\n\nUsage: ipset [options] COMMAND\n\nCommands:\n${commands.join('')}\nOptions:\n${options.join('')}`
}

function typeLine({ name, revisions, family }: SetType): string {
  const families = family === 'both' ? 'inet, inet6' : family === 'inet' ? 'inet' : 'no family'
  return `    ${name.padEnd(20)}revision ${revisions[1]}, ${families}\n`
}

function typeHelp(type: SetType): string {
  const words = (options: SetType['create']) => [...options.keys()].map((name) => `               ${name}\n`).join('')
  const element = type.dimensions.map(({ word }) => word.toUpperCase()).join(',')
  return [
    `${type.name} type specific options:\n\n`,
    `create SETNAME ${type.name} [option...]\n${words(type.create)}`,
    `add    SETNAME ${element} [option...]\n${words(type.entry)}`,
    `del    SETNAME ${element}\n`,
    `test   SETNAME ${element}\n\n`,
    familyText(type),
  ].join('')
}

function familyText({ name, family }: SetType): string {
  if (family === 'none') return `Type ${name} is family neutral.\n`
  return family === 'both' ? `Type ${name} supports inet and inet6.\n` : `Type ${name} supports family inet only.\n`
}
