/** The lines of a text that comes in pieces, many at a time: one array for each piece. */
export async function* linesOf(text: string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>): AsyncGenerator<string[], void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  const pieces = typeof text === 'string' ? [text] : text
  for await (const piece of pieces) {
    const lines = (rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))).split('\n')
    rest = lines.pop() as string
    if (lines.length > 0) yield lines
  }
  rest += decoder.decode()
  if (rest !== '') yield [rest]
}
