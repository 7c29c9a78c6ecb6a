// Loaded before everything else into each process of a run. Jest's workers count for themselves, and what they start counts
// because of this variable: node reads it when a process begins.
if (process.env.JEST_WORKER_ID) process.env.NODE_V8_COVERAGE = `${process.env.COVERAGE_FOLDER}/children`
