/**
 * Does Next.js itself get on with our cache handler? Installs it in a folder of its own (needs the network, and what `npm run pack`
 * wrote), builds a small app, and serves it: by one server, and by two that share through Redis (`redis-server` on the path).
 * Asks each what users do: pages that are kept, `revalidateTag`, `revalidatePath`, pages that are made anew every two seconds.
 *   npm run pack && node bench/cache/next.js [--next 16,15] [--keep]
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '../free-port.js'

const { values } = parseArgs({
  options: { next: { type: 'string', default: '16,15' }, keep: { type: 'boolean', default: false } },
})
const tarball = fileURLToPath(new URL('../../out/pack/plimsoll-cache-0.1.0.tgz', import.meta.url))
const guide = new URL('../../docs/guide/cache-adapters.md', import.meta.url)
const say = (line) => process.stdout.write(`${line}\n`)
let faultCount = 0

const app = {
  'package.json': JSON.stringify({ name: 'shop', private: true }),
  'next.config.mjs': `import { fileURLToPath } from 'node:url'
    export default { cacheHandler: fileURLToPath(new URL('./cache-handler.mjs', import.meta.url)), cacheMaxMemorySize: 0 }`,
  // As the guide has it.
  'cache-handler.mjs': readFileSync(guide, 'utf8').match(/```mjs\n([\s\S]*?)```/)[1],
  'app/layout.js': `export default function Layout({ children }) { return <html><body>{children}</body></html> }`,
  'app/page.js': `export default function Home() { return <p>home</p> }`,
  'app/p/[id]/page.js': `export const revalidate = 3600
    export async function generateStaticParams() { return [] }
    export default async function Product({ params }) {
      const { id } = await params
      const url = 'http://127.0.0.1:' + process.env.SOURCE_PORT + '/' + id
      const text = await fetch(url, { next: { tags: ['product:' + id], revalidate: 3600 } }).then((r) => r.text())
      return <p>{'[' + text + ' ' + Math.random() + ']'}</p>
    }`,
  'app/two-seconds/page.js': `export const revalidate = 2
    export default function Page() { return <p>{'[' + Math.random() + ']'}</p> }`,
  'pages/two-seconds-too.js': `export async function getStaticProps() { return { props: { text: '[' + Math.random() + ']' }, revalidate: 2 } }
    export default function Page({ text }) { return <p>{text}</p> }`,
  'app/forget/route.js': `import { revalidatePath, revalidateTag } from 'next/cache'
    export const dynamic = 'force-dynamic'
    export async function GET(request) {
      const { searchParams } = new URL(request.url)
      if (searchParams.has('tag')) revalidateTag(searchParams.get('tag'), { expire: 0 })
      else revalidatePath(searchParams.get('path'))
      return Response.json({})
    }`,
}

for (const version of values.next.split(',')) {
  const folder = mkdtempSync(join(tmpdir(), `next-${version}-`))
  for (const [path, text] of Object.entries(app)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const packages = [`next@${version}`, 'react@19', 'react-dom@19', 'ioredis@6', tarball]
  run(folder, 'npm', ['install', '--no-audit', '--no-fund', ...packages])
  run(folder, process.execPath, ['node_modules/next/dist/bin/next', 'build'])
  for (const count of [1, 2]) await check(folder, version, count)
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
}
process.exitCode = faultCount > 0 ? 1 : 0

function run(cwd, command, args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`)
}

/** One server with a cache of its own, or two that share. The last is asked, and the first told what to forget. */
async function check(folder, version, count) {
  let text = 'v1'
  let askCount = 0
  const source = createServer((_, response) => {
    askCount++
    response.end(text)
  }).listen(0, '127.0.0.1')
  await once(source, 'listening')
  const redisPort = await freePort()
  const redis =
    count === 1
      ? null
      : spawn('redis-server', ['--port', redisPort, '--save', '', '--bind', '127.0.0.1'], { stdio: 'ignore' })
  const servers = []
  for (let n = 0; n < count; n++) {
    const port = await freePort()
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', SOURCE_PORT: source.address().port }
    if (redis) env.REDIS_URL = `redis://127.0.0.1:${redisPort}`
    const args = ['node_modules/next/dist/bin/next', 'start', '-p', port, '-H', '127.0.0.1']
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' })
    servers.push({ child, url: `http://127.0.0.1:${port}` })
  }
  const ask = async ({ url }, path) => {
    const response = await globalThis.fetch(url + path)
    return { state: response.headers.get('x-nextjs-cache'), shown: (await response.text()).match(/<p>([^<]*)/)?.[1] }
  }
  const [first, last] = [servers[0], servers.at(-1)]
  const title = `Next.js ${version}, ${count === 1 ? 'one server' : 'two servers and Redis'}, Node.js ${process.versions.node}`
  const expect = (what, isTrue, seen) => {
    if (!isTrue) faultCount++
    say(`${title}: ${isTrue ? 'holds' : 'FAILS'}: ${what} (${seen})`)
  }
  const forget = async (what, name) => {
    text = name
    await ask(first, `/forget?${what}`)
    const startedMs = performance.now()
    let page = await ask(last, '/p/1')
    while (!page.shown.includes(name) && performance.now() - startedMs < 5000) page = await ask(last, '/p/1')
    const sinceMs = Math.round(performance.now() - startedMs)
    expect(`${what} makes the page anew`, page.shown.includes(name), `${page.state} ${page.shown}, ${sinceMs} ms`)
    const again = await ask(first, '/p/1')
    expect('and once for all', again.shown === page.shown, `${again.state} ${again.shown}`)
  }
  try {
    for (const server of servers) await until(() => ask(server, '/'))
    // Until both hear of each other's changes.
    await sleep(2000)
    const made = await ask(first, '/p/1')
    const kept = await ask(last, '/p/1')
    const isKept = kept.state === 'HIT' && kept.shown === made.shown && askCount === 1
    expect('a page is made once', isKept, `${made.state}, ${kept.state}, ${askCount} ask`)
    await forget('tag=product:1', 'v2')
    await forget('path=/p/1', 'v3')
    for (const path of ['/two-seconds', '/two-seconds-too']) {
      const fresh = await ask(first, path)
      await sleep(2500)
      const stale = await ask(last, path)
      await sleep(1500)
      const anew = await ask(first, path)
      const isRight = stale.state === 'STALE' && stale.shown === fresh.shown && anew.shown !== fresh.shown
      expect(
        `${path} is served once more, and made anew behind`,
        isRight,
        `${fresh.state}, ${stale.state}, ${anew.state}`,
      )
    }
    if (redis) {
      redis.kill('SIGSTOP')
      const startedMs = performance.now()
      const page = await ask(last, '/p/2')
      expect('a hung Redis stops no page', page.shown.includes('v3'), `${Math.round(performance.now() - startedMs)} ms`)
    }
  } finally {
    for (const { child } of servers) child.kill()
    redis?.kill('SIGKILL')
    source.close()
  }
}

async function until(attempt) {
  for (let left = 100; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0) throw error
      await sleep(300)
    }
  }
}
