// A leak of 32 B a request, the smallest that is promised to be called, and the same service without it: which verdict, after how long,
// at which rate? By the command itself, which has 90 s. An Express service whose every request adds a link of 32 B to a chain: an object
// of one property is 32 B in V8's heap, and a chain needs no table that grows in steps.
//
//   npm run build
//   node bench/soak/small-leak.js [--rounds N] [--cap 90s] [--rate 500]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { prepareService, workFolder } from '../leaks/prepare.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    cap: { type: 'string', default: '90s' },
    rate: { type: 'string', default: '500' },
  },
})
const command = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
const sources = join(workFolder, 'small-leak-sources')
mkdirSync(sources, { recursive: true })
writeFileSync(
  join(sources, 'small-leak.cjs'),
  `const express = require('express')

let last = null
const app = express()
app.get('/orders/:id', (request, response) => {
  if (process.env.LEAKS) last = { before: last }
  response.json({ id: request.params.id, state: 'sent' })
})
app.listen(process.env.PORT, '127.0.0.1')
`,
)
const { folder, file, places } = await prepareService({
  name: 'small-leak',
  serviceName: 'small-leak',
  sources,
  packages: { express: '4.21.2' },
  extraFiles: [],
  places: [{ file: 'server.cjs', code: 'last = { before: last }' }],
})

for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [kind, wanted] of [
    ['leaks 32 B', 'leak'],
    ['is clean', 'clean'],
  ]) {
    const json = join(folder, 'soak.json')
    rmSync(json, { force: true })
    const soak = spawn(
      process.execPath,
      [
        command,
        'soak',
        `node ${file}`,
        '--get',
        '/orders/{1..1000000}',
        '--rate',
        values.rate,
        '--cap',
        values.cap,
        '--json',
        json,
      ],
      { cwd: folder, stdio: 'ignore', env: { ...process.env, LEAKS: wanted === 'leak' ? '1' : '' } },
    )
    await once(soak, 'exit')
    const { verdict, elapsedMs, requestCount, retainedBytesPerRequest, culprits } = JSON.parse(
      readFileSync(json, 'utf8'),
    )
    const { estimate, low, high } = retainedBytesPerRequest
    const [culprit] = culprits
    const isRightLine = culprit && places.some(({ lines }) => lines.includes(culprit.line))
    console.log(
      `${kind.padEnd(12)}${verdict.padEnd(10)}${verdict === wanted ? '' : 'WRONG '}after ${(elapsedMs / 1000).toFixed(1)} s, ${requestCount} requests,` +
        ` ${estimate} B a request (${low} … ${high})${culprit ? `, ${culprit.file}:${culprit.line}${isRightLine ? ' ✓' : ''}` : ''}`,
    )
  }
}
