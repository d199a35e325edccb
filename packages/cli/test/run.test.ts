import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
let folder: string
const running = new Set<ChildProcess>()

/** Listens, tells its PID and port, and answers with its PID; on SIGTERM it ends with 42. */
const server = `
const http = require('node:http')
const server = http.createServer((request, response) => {
  if (request.url === '/abort') process.abort()
  response.end(String(process.pid))
})
if (process.argv[2] === 'deaf') process.on('SIGTERM', () => {})
else if (process.argv[2] === 'counting') process.on('SIGTERM', () => { console.log('{"pid":0}'); setTimeout(process.exit, 500) })
else process.on('SIGTERM', () => process.exit(42))
// The watchdog's thread has long begun by then; it is what a hung main thread leaves.
if (process.argv[2] === 'hung') setTimeout(() => { console.log('{}'); for (;;); }, 5000)
server.listen(0, '127.0.0.1', () => {
  require('node:fs').writeSync(1, JSON.stringify({ pid: process.pid, port: server.address().port }) + '\\n')
  // Before the watch has a thread of its own: nothing in this process notices any more.
  if (process.argv[2] === 'hung-at-once') for (;;);
})
`

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-run-'))
  writeFileSync(join(folder, 'server.js'), server)
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  child: ChildProcess
  /** What it has printed so far. */
  output: { stdout: string; stderr: string }
  ended: Promise<number | null>
  /** Waits for a line of stdout, the n-th from 1, and parses it. */
  line(count?: number): Promise<{ pid: number; port: number }>
}

function run(args: readonly string[], options: { input?: string; environment?: Record<string, string> } = {}): Run {
  const environment = { ...process.env, ...options.environment }
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: environment, stdio: 'pipe' })
  running.add(child)
  const output = { stdout: '', stderr: '' }
  let wake = (): void => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  child.stdin.end(options.input ?? '')
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const line = async (count = 1): Promise<{ pid: number; port: number }> => {
    for (;;) {
      const lines = output.stdout.split('\n').slice(0, -1)
      if (lines[count - 1] !== undefined) return JSON.parse(lines[count - 1]!) as { pid: number; port: number }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return { child, output, ended, line }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isOpen
}

test('passes arguments, input, output and the exit code through', async () => {
  const script =
    'process.stdin.pipe(process.stdout); process.stdin.on("end", () => process.exit(7)); console.error(process.argv[1], process.argv[2])'
  const { ended, output } = run(['run', '--', 'node', '-e', script, '--', '--act=unknown', 'two words'], {
    input: 'hello',
  })
  expect(await ended).toBe(7)
  expect(output).toEqual({ stdout: 'hello', stderr: '--act=unknown two words\n' })
})

test('runs any command, also one that is no Node', async () => {
  const { ended, output } = run(['run', '--', 'sh', '-c', 'echo from a shell; exit 3'])
  expect(await ended).toBe(3)
  expect(output.stdout).toBe('from a shell\n')
})

test('passes SIGTERM on, and the code with which the service answers it', async () => {
  const service = run(['run', '--', 'node', 'server.js'])
  await service.line()
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(42)
})

test('restarts after a crash, then passes its code through, and tells the signals file of both', async () => {
  const signalsFile = join(folder, 'crashes.jsonl')
  const args = ['run', '--max-restarts=1', `--signals=${signalsFile}`, '--', 'node', '-e', 'process.abort()']
  const { ended, output } = run(args, { environment: { PLIMSOLL_SERVICE: 'shop' } })
  expect(await ended).toBe(134)
  expect(output.stderr).toContain('Restart 1 of 1 in 1 s.')
  expect(output.stderr).toContain('It is not restarted again.')
  const signals = readFileSync(signalsFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(signals).toMatchObject([
    { kind: 'crash', severity: 'warning', service: 'shop', sequence: 1, signature: 'crash:shop:SIGABRT' },
    { kind: 'crash-loop', severity: 'critical', service: 'shop', sequence: 2 },
  ])
})

test('never restarts with --no-restart, and not what ended with a code of its own', async () => {
  const crash = run(['run', '--no-restart', '--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")'])
  const failure = run(['run', '--', 'node', '-e', 'process.exit(1)'])
  expect(await crash.ended).toBe(137)
  expect(await failure.ended).toBe(1)
  expect(failure.output.stderr).toBe('')
})

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('a wish to end while it waits to restart is heard at once: %s', async (signal, code) => {
  const service = run(['run', '--', 'node', '-e', 'console.log("{}"); process.abort()'])
  await service.line()
  await new Promise<void>((resolve) =>
    service.child.stderr!.on('data', () => service.output.stderr.includes('Restart 1') && resolve()),
  )
  service.child.kill(signal)
  expect(await service.ended).toBe(code)
})

test('a terminal that is closed ends all workers, and none is started again', async () => {
  const service = run(['run', '--workers=2', '--', 'node', 'server.js'])
  const workers = [await service.line(1), await service.line(2)]
  service.child.kill('SIGHUP')
  expect(await service.ended).toBe(129)
  expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([])
  expect(service.output.stderr).toBe('')
})

test.each([[[]], [['--workers=2']]])(
  'whoever reads what it tells may go: the service is kept alive all the same, %j',
  async (flags) => {
    const service = run(['run', ...flags, '--', 'node', 'server.js'])
    const count = flags.length === 0 ? 1 : 2
    const { port } = await service.line(count)
    service.child.stderr!.destroy()
    await fetch(`http://127.0.0.1:${port}/abort`).catch(() => {})
    const next = await service.line(count + 1)
    expect(await isListening(next.port)).toBe(true)
  },
)

// How long it takes is measured by bench/supervise/taken-along.js; here it is that it happens at all.
for (const mode of ['ordinary', 'deaf', 'hung', 'hung-at-once']) {
  test(`killed itself, the supervisor takes the service along: ${mode}`, async () => {
    const service = run(['run', '--', 'node', 'server.js', mode])
    // The watch, and with it the lifeline, is loaded before the service says its port.
    const { pid, port } = await service.line()
    if (mode === 'hung') await service.line(2)
    service.child.kill('SIGKILL')
    while (isAlive(pid) || (await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 20))
  }, 90_000)
}

test('killed itself, the supervisor takes a hung service along that a shell has started', async () => {
  const service = run(['run', '--', 'sh', '-c', 'node server.js hung-at-once; true'])
  const { pid } = await service.line()
  service.child.kill('SIGKILL')
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}, 90_000)

test('a service that ends in order when its supervisor is killed is not asked twice', async () => {
  const service = run(['run', '--', 'node', 'server.js', 'counting'])
  await service.line()
  service.child.kill('SIGKILL')
  // What it prints ends with the last process that holds the pipe.
  await service.ended
  // On a machine that is busy its time may be up before it has heard at all.
  expect(service.output.stdout.split('{"pid":0}').length - 1).toBeLessThanOrEqual(1)
}, 90_000)

test('killed itself, the supervisor takes a command along that is no Node program', async () => {
  const script = 'echo "{\\"pid\\":$$}"; trap "" TERM; while :; do sleep 0.1; done'
  const service = run(['run', '--', 'sh', '-c', script])
  const { pid } = await service.line()
  // The command, and the guardian that stands by for it.
  const children = () => readFileSync(`/proc/${service.child.pid}/task/${service.child.pid}/children`, 'utf8').trim()
  while (children().split(' ').length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  service.child.kill('SIGKILL')
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}, 90_000)

test('two supervisors on one port: the second service says so and ends, and the first goes on', async () => {
  const first = run(['run', '--', 'node', 'server.js'])
  const { port } = await first.line()
  const script = `require('node:http').createServer().listen(${port}, '127.0.0.1')`
  const second = run(['run', '--', 'node', '-e', script])
  expect(await second.ended).toBe(1)
  expect(second.output.stderr).toContain('EADDRINUSE')
  expect(second.output.stderr).not.toContain('Restart')
  expect(await isListening(port)).toBe(true)
})

test('a service that left for another to start is started again at once, and not told as a crash', async () => {
  writeFileSync(
    join(folder, 'leaves.js'),
    `const { existsSync, writeFileSync } = require('node:fs')
if (existsSync('left')) { console.log('{"pid":2}'); setTimeout(() => process.exit(0), 50) }
else { writeFileSync('left', ''); console.log('{"pid":1}'); process.exit(75) }`,
  )
  const service = run(['run', '--act=safe', '--', 'node', 'leaves.js'])
  expect(await service.ended).toBe(0)
  expect(service.output.stdout).toBe('{"pid":1}\n{"pid":2}\n')
  expect(service.output.stderr).toMatch(/drained and left after .* The next one starts/)
})

test('a code of 75 is the service’s own where the watch may not act', async () => {
  expect(await run(['run', '--', 'node', '-e', 'process.exit(75)']).ended).toBe(75)
})

test('a full disk, or a folder that may not be written, is told once and never stops the service', async () => {
  const args = ['run', '--signals=/dev/full', '--max-restarts=1', '--', 'node', '-e', 'process.abort()']
  const { ended, output } = run(args)
  expect(await ended).toBe(134)
  expect(output.stderr).toContain('The signal could not be written to /dev/full')
  expect(output.stderr).toContain('Restart 1 of 1')
})

test('a signals file that cannot be written is told before there is a signal', async () => {
  const { ended, output } = run(['run', '--signals=no-such-folder/signals.jsonl', '--', 'node', '-e', ''])
  expect(await ended).toBe(0)
  expect(output.stderr).toMatch(/^plimsoll: Signals cannot be written to .*no-such-folder\/signals\.jsonl: ENOENT/)
})

test('settings that are wrong leave a service unwatched, and do not keep it from running', async () => {
  const service = run(['run', '--', 'node', 'server.js'], { environment: { PLIMSOLL_MEMORY_LIMIT: 'much' } })
  await service.line()
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(42)
  expect(service.output.stderr).toMatch(
    /^plimsoll: .*PLIMSOLL_MEMORY_LIMIT must be a size .* The service runs unwatched\.\n$/,
  )
})

test('--workers makes a cluster of a plain script, restarts a worker that crashes, and ends as the script ends', async () => {
  const service = run(['run', '--workers=2', '--', 'node', 'server.js', 'x'])
  const [first, second] = [await service.line(1), await service.line(2)]
  expect(first.pid).not.toBe(second.pid)
  expect(first.port).toBe(second.port)
  await fetch(`http://127.0.0.1:${first.port}/abort`).catch(() => {})
  const third = await service.line(3)
  expect(third.port).toBe(first.port)
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(42)
  expect([first.pid, second.pid, third.pid].filter(isAlive)).toEqual([])
})

test('a script that fails before it serves is not started again and again', async () => {
  const service = run(['run', '--workers=2', '--', 'node', 'missing.js'])
  expect(await service.ended).toBe(1)
  expect(service.output.stderr).toContain('Cannot find module')
})

test('PLIMSOLL=off runs the command as if it stood alone', async () => {
  const { ended, output } = run(['run', '--', 'node', '-e', 'console.log(process.env.NODE_OPTIONS)'], {
    environment: { PLIMSOLL: 'off', NODE_OPTIONS: '' },
  })
  expect(await ended).toBe(0)
  expect(output.stdout).toBe('\n')
})

test.each([
  [['run', '--', 'no-such-command'], 127, /Cannot start "no-such-command"\. There is no such command/],
  [['run', 'node', 'x.js'], 2, /Put "--" before the command/],
  [['run'], 2, /No command to run/],
  [['run', '--fly', '--', 'node'], 2, /has no flag --fly\. It has --act/],
  [['run', '--act=maybe', '--', 'node'], 2, /--act must be one of observe, ask, safe, and is "maybe"/],
  [['run', '--workers=many', '--', 'node'], 2, /--workers must be a whole number from 1 to 256/],
  [['run', '--workers=2', '--', 'npm', 'start'], 2, /the command must begin with "node"/],
  [['run', '--console=localhost', '--', 'node'], 2, /--console must be an http or https address/],
  [['run', '--no-restart=1', '--', 'node'], 2, /--no-restart takes no value/],
  [['fly'], 2, /There is no command "fly"\. There is run/],
])('%j ends with %i and says what to do, in three lines at most', async (args, code, message) => {
  const { ended, output } = run(args)
  expect(await ended).toBe(code)
  expect(output.stderr).toMatch(message)
  expect(output.stderr.trim().split('\n').length).toBeLessThanOrEqual(3)
  expect(output.stdout).toBe('')
})

test('tells its version, its commands and their flags', async () => {
  const version = run(['--version'])
  const help = run(['--help'])
  const runHelp = run(['run', '--help'])
  expect(await Promise.all([version.ended, help.ended, runHelp.ended])).toEqual([0, 0, 0])
  expect(version.output.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(help.output.stdout).toContain('run  ')
  expect(runHelp.output.stdout).toContain('--max-restarts=N')
})
