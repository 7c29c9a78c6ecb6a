/** A number at the beginning of a text, and what follows it. */
export interface Decimal {
  readonly value: number
  readonly rest: string
}

const DECIMAL = /^\s*([+-]?)(0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i

/** Reads a number as strtod(3) does, but for infinity, NaN and hexadecimal fractions. undefined where there is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const [all, sign, digits] = DECIMAL.exec(text) ?? []
  if (all === undefined) return undefined
  return { value: sign === '-' ? -Number(digits) : Number(digits), rest: text.slice(all.length) }
}

/** A number without its fraction, as printf's %.0f rounds it: halves go to the even one. */
export function roundEven(value: number): number {
  const down = Math.floor(value)
  return value - down === 0.5 && down % 2 === 0 ? down : Math.round(value)
}
