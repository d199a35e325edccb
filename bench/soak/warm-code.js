// How much of what a floor holds is V8's own, of code that it optimizes? A service that keeps nothing, asked a hundred and twenty-eight
// times to a floor, with V8 as it is and with V8 that optimizes no more from the sixth floor on. A floor is what soak reads: heap in use
// without machine code, the least of three collections.
//
//   node bench/soak/warm-code.js [--floors 40]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import v8 from 'node:v8'

const { values } = parseArgs({
  options: { floors: { type: 'string', default: '40' }, service: { type: 'boolean', default: false } },
})
const REQUESTS = 128
const WARM_FLOORS = 6
const KIB = 1024

if (values.service) serve()
else {
  for (const flags of [[], ['--no-opt', '--no-maglev']]) {
    const floors = (await run(flags)).slice(10)
    const steps = floors.slice(1).map((floor, index) => Math.abs(floor - floors[index]))
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length
    const [first, last] = [floors[0], floors.at(-1)].map((bytes) => Math.round(bytes / KIB))
    const how = flags.length === 0 ? 'as it is' : flags.join(' ')
    console.log(`${how.padEnd(24)} ${first} to ${last} KiB, from floor to floor ${(mean / KIB).toFixed(1)} KiB`)
  }
}

async function run(lateFlags) {
  const file = fileURLToPath(import.meta.url)
  const service = spawn(process.execPath, ['--expose-gc', '--no-flush-bytecode', file, '--service'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    const [port] = await once(service, 'message')
    const floors = []
    for (let index = 0; index < Number(values.floors); index++) {
      const agent = new http.Agent({ keepAlive: true })
      await Promise.all(Array.from({ length: REQUESTS }, (_, number) => ask(port, `/${index}/${number}`, agent)))
      agent.destroy()
      await pause(100)
      service.send(index === WARM_FLOORS ? lateFlags : [])
      floors.push((await once(service, 'message'))[0])
    }
    return floors
  } finally {
    service.kill()
  }
}

async function ask(port, path, agent) {
  const [response] = await once(http.get({ host: '127.0.0.1', port, path, agent }), 'response')
  response.resume()
  await once(response, 'end')
}

function serve() {
  const server = http.createServer((request, response) => {
    setTimeout(() => response.end(request.url), 5 + 20 * Math.random())
  })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('message', async (flags) => {
    for (const flag of flags) v8.setFlagsFromString(flag)
    let least = Infinity
    for (let round = 0; round < 3; round++) {
      globalThis.gc()
      await pause(20)
      const code = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'code_space')
      least = Math.min(least, v8.getHeapStatistics().used_heap_size - code.space_used_size)
    }
    process.send(least)
  })
}
