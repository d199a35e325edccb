import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
const now = Date.now()
const incident = {
  id: 7,
  key: 'INC-7',
  service: 'shop',
  state: 'open',
  verdict: 'leaking',
  cause: 'leak',
  sentence: 'web-2 is leaking: pages (src/pages.js:41) keeps 7.6 KB of every request.',
  openedAtMs: now - 112_000,
  acknowledgedBy: null,
  ask: 'Acknowledge it, then look at src/pages.js:41.',
  blastRadius: { sentence: '0 requests failed so far.' },
  culprit: { file: 'src/pages.js', line: 41, code: '  pages.set(url, html)' },
  checks: [{ verdict: 'ok', title: 'Database', sentence: 'answers in 1.2 ms' }],
  actions: [],
  timeline: [{ atMs: now, sentence: 'Opened.' }],
}

/** Clears the screen, renames the window, does both once more in the other spelling of a terminal, and turns words around. */
const hostile = 'two\nlines \u001B[2J\u001B]0;owned\u0007\r\u009B2J\u009D\u202Edelvoser\u2066\u200F\u061C\u2028'
/** An incident that nobody opened. */
const forged = 'Disk full.\n● INC-8  leak · shop · resolved after 2 min'

let folder: string
let server: Server
/** What was asked, in order. */
const asked: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-incidents-'))
  writeFileSync(join(folder, 'admin-token'), 'right\n')
  writeFileSync(join(folder, 'other-token'), 'wrong\n')
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    asked.push(`${request.method} ${request.url} ${body}`.trim())
    const answer = (status: number, value: unknown): void => void response.writeHead(status).end(JSON.stringify(value))
    if (request.headers.authorization !== 'Bearer right') answer(401, { message: 'Who are you?' })
    else if (request.url === '/api/v1/incidents?state=open') answer(200, { incidents: [incident] })
    else if (request.url === '/api/v1/incidents') answer(200, { incidents: [] })
    else if (request.url === '/api/v1/incidents/7') answer(200, incident)
    else if (request.url === '/api/v1/incidents/9') answer(200, { ...incident, sentence: hostile, [hostile]: forged })
    else if (request.url === '/api/v1/incidents/11') answer(200, { ...incident, sentence: forged })
    else if (request.url === '/api/v1/incidents/10') answer(404, { message: hostile })
    else if (request.url === '/api/v1/incidents/7/acknowledge')
      answer(200, { ...incident, state: 'acknowledged', acknowledgedBy: 'you' })
    else answer(404, { message: 'There is no incident 8.' })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function plimsoll(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { port } = server.address() as AddressInfo
  const environment = { ...process.env, PLIMSOLL_CONSOLE: `http://127.0.0.1:${port}`, XDG_DATA_HOME: folder }
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env: environment }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

test('lists what is open: what, where, for how long, and the sentence', async () => {
  const { code, stdout } = await plimsoll('incidents', `--data=${folder}`)
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^● INC-7 {2}leak · shop · open 1 min 5\d s\n {2}web-2 is leaking: pages \(src\/pages\.js:41\)/,
  )
})

test('shows one with what is asked, what was proven and what happened', async () => {
  const { stdout } = await plimsoll('incidents', 'INC-7', `--data=${folder}`)
  expect(stdout).toContain('Asked of you\n  Acknowledge it, then look at src/pages.js:41.\n')
  expect(stdout).toContain('Guilty\n  src/pages.js:41  pages.set(url, html)\n')
  expect(stdout).toContain('Checks\n  ok      Database: answers in 1.2 ms\n')
  expect(stdout).not.toContain('Done')
})

test('finds the token where a console of the version before left it', async () => {
  const older = mkdtempSync(join(tmpdir(), 'plimsoll-incidents-'))
  writeFileSync(join(older, 'viewer-token'), 'right\n')
  expect((await plimsoll('incidents', 'INC-7', `--data=${older}`)).code).toBe(0)
  rmSync(older, { recursive: true })
})

test('says that there is none, and hands the JSON on', async () => {
  expect((await plimsoll('incidents', '--all', `--data=${folder}`)).stdout).toBe('There has been no incident.\n')
  expect(JSON.parse((await plimsoll('incidents', '--json', `--data=${folder}`)).stdout)).toEqual({
    incidents: [incident],
  })
})

test('acknowledges with a word for the timeline', async () => {
  const { code, stdout } = await plimsoll('ack', '7', '--note=on it', '--by=duty', `--data=${folder}`)
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'INC-7 is acknowledged by you. Nobody else is called.\n' })
  expect(asked).toContain('POST /api/v1/incidents/7/acknowledge {"note":"on it","by":"duty"}')
})

test('what an alert says commands no terminal', async () => {
  for (const args of [['9'], ['10'], ['9', '--json']]) {
    const { stdout, stderr } = await plimsoll('incidents', ...args, `--data=${folder}`)
    expect(stdout + stderr).not.toMatch(
      // eslint-disable-next-line no-control-regex -- these are what must not get through
      /[\0-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/,
    )
    expect(stdout + stderr).toContain('lines \uFFFD[2J')
  }
})

test('what an alert says is one line, and whole for other programs', async () => {
  const { stdout } = await plimsoll('incidents', '11', `--data=${folder}`)
  expect(stdout.split('\n').filter((line) => line.startsWith('●'))).toHaveLength(1)
  expect(stdout).toContain(forged.replace('\n', ' '))
  const json = await plimsoll('incidents', '11', '--json', `--data=${folder}`)
  expect(JSON.parse(json.stdout)).toMatchObject({ sentence: forged })
})

test.each([
  [['ack'], 2, /Usage: plimsoll ack ID/],
  [['ack', 'seven'], 2, /named like INC-7 or 7, and not "seven"/],
  [['ack', '8', '--data=FOLDER'], 1, /There is no incident 8\./],
  [['incidents', '--data=FOLDER', '--token-file=FOLDER/other-token'], 1, /does not know the token in .*other-token/],
  [['incidents', '--data=/nowhere'], 1, /token cannot be read: ENOENT.*--data=FOLDER/],
  [
    ['incidents', '--data=FOLDER', '--console=http://127.0.0.1:2'],
    1,
    /No console answers at http:\/\/127\.0\.0\.1:2 \(ECONNREFUSED\)/,
  ],
  [['incidents', '--console=nowhere'], 2, /must be an http or https address/],
])('%j ends with %i and says what to do', async (args, code, message) => {
  const result = await plimsoll(...args.map((word) => word.replace('FOLDER', folder)))
  expect(result.code).toBe(code)
  expect(result.stderr).toMatch(message)
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
})
