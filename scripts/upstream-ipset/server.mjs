// Runs our `ipset` command for forward.c, one call after the other: node server.mjs SOCKET MODULE
import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'

const [socket, module] = process.argv.slice(2)
const { main } = await import(pathToFileURL(module).href)
let queue = Promise.resolve()

/** Carries out one call with the standard streams replaced; the answer as forward.c reads it. */
async function call(request) {
  const end = request.indexOf('\0\x01\0')
  const [cwd, ...args] = request.subarray(0, end).toString().split('\0')
  const output = { stdout: [], stderr: [] }
  for (const [name, parts] of Object.entries(output)) {
    process[name].write = (text) => {
      parts.push(Buffer.from(text))
      return true
    }
  }
  Object.defineProperty(process, 'stdin', { value: Readable.from([request.subarray(end + 3)]), configurable: true })
  process.chdir(cwd)
  const code = await main(args).catch((error) => {
    output.stderr.push(Buffer.from(`${error.stack}\n`))
    return 124
  })
  const [out, err] = [Buffer.concat(output.stdout), Buffer.concat(output.stderr)]
  const head = Buffer.alloc(12)
  head.writeUInt32LE(code, 0)
  head.writeUInt32LE(out.length, 4)
  head.writeUInt32LE(err.length, 8)
  return Buffer.concat([head, out, err])
}

createServer({ allowHalfOpen: true }, (connection) => {
  const parts = []
  connection.on('error', () => {})
  connection.on('data', (part) => parts.push(part))
  connection.on('end', () => {
    queue = queue.then(async () => {
      connection.end(await call(Buffer.concat(parts)))
    })
  })
}).listen(socket)
