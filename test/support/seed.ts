import fc from 'fast-check'

// A change is judged by the same cases each time; FUZZ_SEED brings others, and without CI every run has its own.
const seed = process.env.FUZZ_SEED ?? (process.env.CI === undefined ? undefined : '20261121')
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })
