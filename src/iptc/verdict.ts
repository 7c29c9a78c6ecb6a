/** What becomes of a packet without an extension or a chain. A chain of such a name could not be jumped to. */
export const VERDICTS: readonly string[] = ['ACCEPT', 'DROP', 'QUEUE', 'RETURN']
