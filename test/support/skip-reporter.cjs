// After a run, says which tests were skipped and why: the reason stands in their names.
module.exports = class SkipReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults
      .flatMap((file) => file.testResults)
      .filter((test) => test.status === 'pending')
      .map((test) => test.fullName)
    if (skipped.length === 0) return
    console.log(`\nSkipped ${skipped.length} tests:`)
    for (const name of new Set(skipped)) console.log(`  ${name}`)
  }
}
