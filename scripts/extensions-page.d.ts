export function extensionsPage(
  matches: readonly object[],
  targets: readonly object[],
  rows: (extension: never) => ReadonlyMap<string, object>,
  baseOptions: readonly object[],
): string
