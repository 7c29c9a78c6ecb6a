import { examplesOf, runExample } from '../../support/examples.js'
import { describeKernel } from '../../support/kernel.js'
import { ownLock } from '../../support/xtables.js'

ownLock()

describeKernel('the examples of docs/guide/builder.md', () => {
  const examples = examplesOf('docs/guide/builder.md')

  test('are there, and most say what they print', () => {
    expect(examples.length).toBeGreaterThan(5)
    expect(examples.filter(({ prints }) => prints.length > 0).length).toBeGreaterThan(examples.length / 2)
  })

  test.each(examples)('line $line ($heading) works as printed', async ({ code, prints }) => {
    expect(await runExample(code)).toEqual(prints)
  })
})
