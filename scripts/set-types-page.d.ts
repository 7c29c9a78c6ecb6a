export function setTypesPage(types: ReadonlyMap<string, object>, createOptions: object, entryOptions: object): string
