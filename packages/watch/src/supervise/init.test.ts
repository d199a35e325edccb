import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { becomeInit, initScript } from './init.ts'

function init(script: string, input = '') {
  const child = spawn('/bin/sh', ['-c', initScript, 'plimsoll', process.execPath, '-e', script])
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)))
  child.stdin.end(input)
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, output })) }
}

test('the shell that stands in as PID 1 passes input, output and the code through', async () => {
  const script = 'process.stdin.on("data", (text) => console.log("got " + text)).on("end", () => process.exit(7))'
  expect(await init(script, 'hello').ended).toEqual({ code: 7, output: 'got hello\n' })
})

test('it hands signals on, and goes on waiting for whoever takes them', async () => {
  const { child, ended } = init(`
    let count = 0
    process.on('SIGHUP', () => console.log('reload ' + ++count))
    process.on('SIGTERM', () => process.exit(42))
    console.log('ready')
    setInterval(() => {}, 1000)`)
  await once(child.stdout, 'data')
  child.kill('SIGHUP')
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await ended).toEqual({ code: 42, output: 'ready\nreload 1\n' })
})

test('a process that died of a signal is told as shells do', async () => {
  expect((await init('process.kill(process.pid, "SIGKILL")').ended).code).toBe(137)
})

test('as PID 1 it replaces itself by the shell, with itself as the child', () => {
  const calls: unknown[][] = []
  const self = {
    pid: 1,
    execPath: '/usr/bin/node',
    execArgv: ['--no-warnings'],
    argv: ['/usr/bin/node', '/app/plimsoll.js', 'run', '--', 'node', 'a b.js'],
    env: { A: '1' },
    execve: (...args: unknown[]) => calls.push(args),
  } as unknown as NodeJS.Process
  becomeInit(() => {}, self)
  expect(calls).toEqual([
    [
      '/bin/sh',
      [
        'sh',
        '-c',
        initScript,
        'plimsoll',
        '/usr/bin/node',
        '--no-warnings',
        '/app/plimsoll.js',
        'run',
        '--',
        'node',
        'a b.js',
      ],
      { A: '1' },
    ],
  ])
})

test('where Node cannot replace itself, it says what to do; anywhere but as PID 1 it says nothing', () => {
  const told: string[] = []
  becomeInit((line) => told.push(line), { pid: 1 } as NodeJS.Process)
  becomeInit((line) => told.push(line), { pid: 2 } as NodeJS.Process)
  expect(told).toEqual([expect.stringContaining('docker run --init')])
})
