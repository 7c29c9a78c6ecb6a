// The process in which a case measures the library: fresh each time, so that no run is warmed up by the one before.
// `node --cpu-prof bench/subject.mjs add.mjs hash:ip` (in a namespace of its own) profiles one.
const [file, name] = process.argv.slice(2)
const { cases, parts = [] } = await import(new URL(`cases/${file}`, import.meta.url).href)
process.stdout.write(JSON.stringify(await [...cases, ...parts].find((one) => one.name === name).ours()))
