import { expect, test } from 'vitest'
import { becomeInit } from './init.ts'

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
  becomeInit(() => {}, '/app/init.sh', self)
  expect(calls).toEqual([
    [
      '/bin/sh',
      ['sh', '/app/init.sh', '/usr/bin/node', '--no-warnings', '/app/plimsoll.js', 'run', '--', 'node', 'a b.js'],
      { A: '1' },
    ],
  ])
})

test('where Node cannot replace itself, it says what to do; anywhere but as PID 1 it says nothing', () => {
  const told: string[] = []
  becomeInit((line) => told.push(line), '/app/init.sh', { pid: 1 } as NodeJS.Process)
  becomeInit((line) => told.push(line), '/app/init.sh', { pid: 2 } as NodeJS.Process)
  expect(told).toEqual([expect.stringContaining('sh /app/init.sh node')])
})
