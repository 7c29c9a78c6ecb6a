import fc from 'fast-check'
import { formatRate, printedRate, RATE_UNITS, type RateUnit, rateOf, ratePeriod } from '../../../src/xtables/kinds/rate.js'
import { runs } from '../../support/xtables-fixtures.js'

/** XT_LIMIT_SCALE (include/uapi/linux/netfilter/xt_limit.h) */
const SCALE = 10_000

describe('the time between two packets of a rate', () => {
  test.each<[number, RateUnit, number]>([
    [1, 'day', 864_000_000],
    [3, 'hour', 12_000_000],
    [961, 'min', 624],
    [16, 'sec', 625],
    [10_000, 'sec', 1],
  ])('%i/%s', (packets, per, period) => {
    expect(ratePeriod({ packets, per }, SCALE)).toBe(period)
  })

  test('is written again as it was read, whatever the rate', () => {
    const units = fc.constantFrom(...(Object.keys(RATE_UNITS) as RateUnit[]))
    fc.assert(
      fc.property(units.chain((per) => fc.tuple(fc.integer({ min: 1, max: Math.min(1_000_000, SCALE * RATE_UNITS[per]) }), fc.constant(per))), ([packets, per]) => {
        const period = ratePeriod({ packets, per }, SCALE)
        expect(ratePeriod(rateOf(period, SCALE), SCALE)).toBe(period)
      }),
      runs(5000),
    )
  })

  test('is printed in a shorter unit than it is read, where the C tool does that', () => {
    expect([rateOf(624, SCALE), printedRate(624, SCALE)]).toEqual([{ packets: 961, per: 'min' }, { packets: 16, per: 'sec' }])
    expect(formatRate({ packets: 961, per: 'min' }, SCALE)).toBe('16/sec')
  })
})
