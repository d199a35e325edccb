// How much of a raw node:http server's throughput is left when the shop answers a cached product page?
//
// Both are asked for the same number of bytes over the same kind of connections, one after the other, several times in turn;
// what counts is requests per second of the answering process's own CPU time, read from /proc. A turn is over when the process
// has used so many seconds of it, so that a busy machine makes the bench longer and not coarser. The raw server does nothing but
// write one prepared buffer, so it is the fastest thing Node can do with these bytes.
//
//   node bench/overhead/product-page.js [--rounds 5] [--seconds 3] [--connections 32]
//
// Exits 1 when the median ratio is below 0.45.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearInterval, setImmediate, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const GATE = 0.45
const say = (line) => void process.stdout.write(`${line}\n`)
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    // The raw server is this same file in a process of its own.
    raw: { type: 'string' },
  },
})
if (values.raw !== undefined) serveRaw(Number(values.raw))
else await main()

async function main() {
  const rounds = Number(values.rounds)
  const dataDir = mkdtempSync(join(tmpdir(), 'product-page-'))
  const shop = await startShop(dataDir)
  let raw = null
  try {
    const newcomer = await get(shop.port, '/p/42', '')
    const cookie = /shop_session=[^;]+/.exec(newcomer.head)[0]
    const page = await get(shop.port, '/p/42', cookie)
    raw = await startRaw(page.body.length)
    say(
      `product page: ${page.body.length} bytes; ${rounds} rounds of ${values.seconds} CPU-seconds each; Node ${process.version}`,
    )
    const rows = []
    for (let round = 0; round < rounds; round++) {
      const rawRate = await measure(raw.port, raw.pid, '/p/42', cookie)
      const guestRate = await measure(shop.port, shop.workerPid, '/p/42', cookie)
      const newcomerRate = await measure(shop.port, shop.workerPid, '/p/42', '')
      rows.push({ rawRate, guestRate, newcomerRate, ratio: guestRate / rawRate })
      say(
        `  raw ${Math.round(rawRate)}  with session ${Math.round(guestRate)}  without cookie ${Math.round(newcomerRate)}  ` +
          `requests per CPU-second; ratio ${(guestRate / rawRate).toFixed(2)}`,
      )
    }
    const ratios = rows.map(({ ratio }) => ratio).sort((one, other) => one - other)
    const median = ratios[Math.floor(ratios.length / 2)]
    say(
      `ratio: median ${median.toFixed(2)}, spread ${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)}, gate ${GATE}`,
    )
    process.exitCode = median >= GATE ? 0 : 1
  } finally {
    raw?.child.kill()
    shop.child.kill('SIGTERM')
    await once(shop.child, 'exit')
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function startShop(dataDir) {
  const main = fileURLToPath(new URL('../../apps/marketplace/dist/main.js', import.meta.url))
  const token = 'a-token-for-the-bench-alone'
  const child = spawn(
    process.execPath,
    [main, '--port', '0', '--workers', '1', '--listings', '2000', '--data', dataDir, '--control-port', '0'],
    { env: { ...process.env, MARKETPLACE_CONTROL_TOKEN: token }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { url, controlUrl } = JSON.parse((await once(child.stdout.setEncoding('utf8'), 'data'))[0])
  const { body } = await get(Number(new URL(controlUrl).port), '/status', '', `Authorization: Bearer ${token}\r\n`)
  return { child, port: Number(new URL(url).port), workerPid: JSON.parse(body.toString()).workers[0].pid }
}

async function startRaw(bytes) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--raw', String(bytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { child, pid: child.pid, port: Number(line) }
}

function serveRaw(bytes) {
  const body = Buffer.alloc(bytes, 'x')
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': bytes })
    response.end(body)
  })
  server.listen(0, '127.0.0.1', () => say(server.address().port))
}

/** Requests per second of the server's CPU time, after a second of it to warm up. */
async function measure(port, pid, path, cookie) {
  await drive(port, pid, path, cookie, 1)
  const { count, cpu } = await drive(port, pid, path, cookie, Number(values.seconds))
  return count / cpu
}

/** Asks over each connection again as soon as it has its answer, until the server has used `cpuLimit` seconds. */
async function drive(port, pid, path, cookie, cpuLimit) {
  const request = requestText(path, cookie)
  const cpuBefore = cpuSeconds(pid)
  let isOver = false
  const look = setInterval(() => (isOver = cpuSeconds(pid) - cpuBefore >= cpuLimit), 20)
  // A client that sleeps has to be woken by whoever answers it, which costs the server more than the page does, and costs
  // nothing where the server is so fast that its client never sleeps. So it never sleeps.
  const stayAwake = () => void (isOver || setImmediate(stayAwake))
  stayAwake()
  let count = 0
  const runs = Array.from({ length: Number(values.connections) }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let missing = 0
    let head = ''
    socket.write(request)
    socket.on('data', (chunk) => {
      if (missing === 0) {
        head += chunk.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        if (!head.startsWith('HTTP/1.1 200')) throw new Error(head.slice(0, end))
        missing = Number(/content-length: (\d+)/i.exec(head)[1]) - (head.length - end - 4)
        head = ''
      } else missing -= chunk.length
      if (missing > 0) return
      missing = 0
      count++
      if (isOver) socket.end()
      else socket.write(request)
    })
    return once(socket, 'close')
  })
  await Promise.all(runs)
  clearInterval(look)
  return { count, cpu: cpuSeconds(pid) - cpuBefore }
}

function get(port, path, cookie, more = '') {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks = []
    socket.write(requestText(path, cookie, more).replace('keep-alive', 'close'))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('end', () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      resolve({ head: all.subarray(0, end).toString('latin1'), body: all.subarray(end + 4) })
    })
  })
}

function requestText(path, cookie, more = '') {
  const cookieLine = cookie === '' ? '' : `Cookie: ${cookie}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive\r\n${cookieLine}${more}\r\n`
}

/** User and system time of a process; /proc counts in hundredths of a second. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
