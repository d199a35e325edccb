import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const register = new URL('../dist/register.js', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-worker-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test(
  'a worker thread whose heap grows tells of it, and where its allocations stay; one that does not grow is silent',
  { timeout: 200_000 },
  async () => {
    const keeping = join(folder, 'keeping.cjs')
    writeFileSync(
      keeping,
      [
        'const kept = []',
        'function keepSome() {',
        "  for (let index = 0; index < 3000; index++) kept.push({ index, text: 'kept ' + index })",
        '}',
        'setInterval(keepSome, 200)',
      ].join('\n'),
    )
    writeFileSync(join(folder, 'still.cjs'), 'setInterval(() => {}, 40)')
    writeFileSync(
      join(folder, 'main.cjs'),
      `
      const { BroadcastChannel, Worker } = require('node:worker_threads')
      const channel = new BroadcastChannel('plimsoll.workers')
      const workers = ['keeping.cjs', 'still.cjs'].map((file) => new Worker(require('node:path').join(__dirname, file)))
      const heard = new Set()
      channel.onmessage = ({ data: { kind, threadId, script, report } }) => {
        heard.add(threadId)
        if (kind === 'heap') channel.postMessage({ kind: 'sample', threadId, isOn: true })
        if (kind !== 'profile') return
        const [site] = report.sites
        if (!site) return
        console.log(JSON.stringify({ heard: heard.size, stack: site.stack[0].functionName, isKeeper: threadId === workers[0].threadId }))
        process.exit()
      }`,
    )
    const env = { ...process.env, NODE_OPTIONS: '' }
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', register, join(folder, 'main.cjs')], {
      env,
      timeout: 180_000,
    })
    expect(JSON.parse(stdout)).toEqual({ heard: 1, stack: 'keepSome', isKeeper: true })
  },
)
