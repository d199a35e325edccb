import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const register = new URL('../dist/register.js', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-odd-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isWatched = "require('node:diagnostics_channel').hasSubscribers('http.server.request.start')"

async function run(command: string, flags: string[], environment: Record<string, string> = {}, cwd = folder) {
  const env = { ...process.env, NODE_OPTIONS: '', ...environment }
  return await promisify(execFile)(command, flags, { cwd, env, timeout: 100_000 })
}

test('by NODE_OPTIONS the children of a process are watched as well', { timeout: 110_000 }, async () => {
  const script = `console.log(${isWatched}); process.stdout.write(require('node:child_process').execFileSync(process.execPath, ['-p', ${JSON.stringify(isWatched)}]))`
  const { stdout, stderr } = await run(process.execPath, ['-e', script], { NODE_OPTIONS: `--import=${register}` })
  expect({ stdout, stderr }).toEqual({ stdout: 'true\ntrue\n', stderr: '' })
})

test('npm is left alone, and what it starts is watched', { timeout: 110_000 }, async () => {
  const home = join(folder, 'app')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{"name":"app","scripts":{"start":"node main.js"}}')
  writeFileSync(join(home, 'main.js'), `console.log(${isWatched})`)
  const { stdout } = await run('npm', ['start', '--silent'], { NODE_OPTIONS: `--import=${register}` }, home)
  expect(stdout).toBe('true\n')
})

test('short processes by the dozen end as they would, and leave nothing behind', { timeout: 110_000 }, async () => {
  const temporary = join(folder, 'temporary')
  mkdirSync(temporary)
  const one = (index: number) =>
    run(process.execPath, ['--import', register, '-e', `console.log(${index})`], { TMPDIR: temporary })
  for (let index = 0; index < 24; index += 4) {
    const ended = await Promise.all([index, index + 1, index + 2, index + 3].map(one))
    expect(ended).toEqual(ended.map((_, offset) => ({ stdout: `${index + offset}\n`, stderr: '' })))
  }
  expect(readdirSync(temporary)).toEqual([])
})

test(
  'where nothing can be written, the service serves on and is told once what is left out',
  {
    timeout: 110_000,
  },
  async () => {
    // Below a device nobody can make a file, not even root.
    const nowhere = '/dev/null/nowhere'
    const script =
      "require('node:http').createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })"
    const child = spawn(process.execPath, ['--import', register, '-e', script], {
      cwd: '/proc',
      env: {
        PATH: process.env['PATH'],
        TMPDIR: nowhere,
        HOME: nowhere,
        PLIMSOLL_ACT: 'safe',
        PLIMSOLL_EVIDENCE: `${nowhere}/evidence`,
        PLIMSOLL_SIGNALS: `${nowhere}/signals`,
        PLIMSOLL_RECORD: `${nowhere}/record`,
      },
    })
    try {
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
      // The watch is up once it has tried to record.
      await expect.poll(() => stderr, { timeout: 60_000 }).toContain(nowhere)
      const answer = await fetch(`http://127.0.0.1:${port.trim()}/`)
      expect(await answer.text()).toBe('ok')
      expect(child.exitCode).toBeNull()
      expect(stderr).toContain('the recording ends')
      expect(stderr).not.toContain('unwatched')
      expect(existsSync('/dev/null/nowhere')).toBe(false)
    } finally {
      child.kill('SIGKILL')
    }
  },
)
