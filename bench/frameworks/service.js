// Starts an app of the bench on a port of its own, and ends it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.js'

/** How long an app may take until it listens, and to end when it is told to. */
const START_LIMIT_MS = 60_000
const END_LIMIT_MS = 20_000

/** `start` are the arguments of node; `before` those that come first. Everything the app writes is kept, up to a bound. */
export async function startService({ node = process.execPath, folder, before = [], start, environment = {} }) {
  const port = await freePort()
  const child = spawn(node, [...before, ...start], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      HOSTNAME: '127.0.0.1',
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (written[name] = (written[name] + text).slice(-1_000_000)))
  }
  // The pipes may hold more when the process is gone already.
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  if (!(await isListening(port, () => hasEnded))) {
    child.kill('SIGKILL')
    throw new Error(`it does not listen\n${written.stdout}${written.stderr}`)
  }
  return {
    port,
    written,
    pid: child.pid,
    hasEnded: () => hasEnded,
    async stop(signal = 'SIGTERM') {
      if (!hasEnded) child.kill(signal)
      const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
      const end = await ended
      clearTimeout(limit)
      return end
    },
  }
}

async function isListening(port, hasEnded) {
  const untilMs = performance.now() + START_LIMIT_MS
  while (performance.now() < untilMs && !hasEnded()) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
    socket.destroy()
    if (isThere) return true
    await sleep(50)
  }
  return false
}
