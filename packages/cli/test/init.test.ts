import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const initScript = fileURLToPath(new URL('../bin/init.sh', import.meta.url))

function init(script: string, input = '') {
  const child = spawn('/bin/sh', [initScript, process.execPath, '-e', script])
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
