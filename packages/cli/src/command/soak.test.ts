import { expect, test } from 'vitest'
import { parseInput, UsageError } from '../command.ts'
import { soak } from './soak.ts'

test('a header that is given twice is refused, in whatever case, without showing what it holds', async () => {
  const argv = ['node no-such-server.js', '--get', '/', '--header', 'cookie: a=s3cret', '--header', 'Cookie: b=s3cret']
  const outcome = await Promise.resolve(soak.run(parseInput(soak, argv))).catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(UsageError)
  const { message } = outcome as UsageError
  expect(message).toMatch(/^--header Cookie is given twice, and is sent once\. Write both values in one/)
  expect(message).not.toMatch(/s3cret/)
})

test.each([
  [['node', 'server.js', '--get', '/']],
  [['--get', '/', '--', 'node', 'server.js']],
  [['node server.js', '--get', '/', '--', '--port', '3000']],
])('a command in several words is answered with how to write it: %j', async (argv) => {
  const outcome = await Promise.resolve()
    .then(() => soak.run(parseInput(soak, argv)))
    .catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(UsageError)
  expect((outcome as UsageError).message).toMatch(/plimsoll soak 'node server\.js( --port 3000)?'/)
})
