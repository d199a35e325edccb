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
