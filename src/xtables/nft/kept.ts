import type { Slot } from '../draft.js'

/**
 * The slots that may stay where they are: the longest row of those the kernel has that the draft has in the same order.
 * All others of the kernel's are taken out, and those that the draft has elsewhere are put in anew. A slot is another one
 * once its jump has a new name, what it was read from is the same.
 */
export function kept(before: readonly Slot[], after: readonly Slot[]): readonly Slot[] {
  const places = new Map(before.map(({ origin }, index) => [origin, index]))
  const common = after.filter(({ origin }) => places.has(origin))
  const place = ({ origin }: Slot) => places.get(origin) as number
  if (common.every((slot, i) => i === 0 || place(common[i - 1] as Slot) < place(slot))) return common
  // Longest increasing subsequence: for each length the row that ends with the least place.
  const ends: number[] = []
  const previous: number[] = []
  common.forEach((slot, i) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (place(common[ends[middle] as number] as Slot) < place(slot)) low = middle + 1
      else high = middle
    }
    previous[i] = low > 0 ? (ends[low - 1] as number) : -1
    ends[low] = i
  })
  const row: Slot[] = []
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i] as number) row.push(common[i] as Slot)
  return row.reverse()
}
