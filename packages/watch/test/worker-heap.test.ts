import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const register = new URL('../dist/register.js', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-worker-'))
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
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(file: string): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const command = ['--import', register, join(folder, file)]
  return (await promisify(execFile)(process.execPath, command, { env, timeout: 180_000 })).stdout
}

test(
  'a worker thread whose heap grows tells of it, and where its allocations stay; one that does not grow is silent',
  { timeout: 200_000 },
  async () => {
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
        // Anybody may post to it.
        for (let index = 0; index < 30; index++) channel.postMessage(null)
        if (kind === 'heap') channel.postMessage({ kind: 'sample', threadId, isOn: true })
        if (kind !== 'profile') return
        const [site] = report.sites
        if (!site) return
        console.log(JSON.stringify({ heard: heard.size, stack: site.stack[0].functionName, isKeeper: threadId === workers[0].threadId }))
        process.exit()
      }`,
    )
    expect(JSON.parse(await run('main.cjs'))).toEqual({ heard: 1, stack: 'keepSome', isKeeper: true })
  },
)

test('an order that is taken back while the sampler is on its way starts nothing', { timeout: 200_000 }, async () => {
  writeFileSync(
    join(folder, 'hasty.cjs'),
    `
    const { BroadcastChannel, Worker } = require('node:worker_threads')
    const channel = new BroadcastChannel('plimsoll.workers')
    new Worker(require('node:path').join(__dirname, 'keeping.cjs'))
    const heard = []
    channel.onmessage = ({ data: { kind, threadId } }) => {
      heard.push(kind)
      if (heard.length === 1) {
        channel.postMessage({ kind: 'sample', threadId, isOn: true })
        channel.postMessage({ kind: 'sample', threadId, isOn: false })
      }
      if (heard.length < 4) return
      console.log(JSON.stringify(heard))
      process.exit()
    }`,
  )
  expect(JSON.parse(await run('hasty.cjs'))).toEqual(['heap', 'heap', 'heap', 'heap'])
})

test('worker threads of a package manager say nothing', { timeout: 200_000 }, async () => {
  writeFileSync(
    join(folder, 'npm-cli.js'),
    `
    const { BroadcastChannel, Worker } = require('node:worker_threads')
    const channel = new BroadcastChannel('plimsoll.workers')
    new Worker(require('node:path').join(__dirname, 'keeping.cjs'))
    let heardCount = 0
    channel.onmessage = () => heardCount++
    setTimeout(() => {
      console.log(heardCount)
      process.exit()
    }, 20_000)`,
  )
  expect(await run('npm-cli.js')).toBe('0\n')
})
