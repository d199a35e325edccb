import { expect, test } from 'vitest'
import { resolveOptions } from './options.ts'

test('an empty environment observes, and reports to the terminal only', () => {
  expect(resolveOptions({})).toMatchObject({
    isOff: false,
    act: 'observe',
    consoleUrl: null,
    token: null,
    signalsFile: null,
  })
})

test('what is given is taken, and an address loses its last slash', () => {
  const options = resolveOptions({
    PLIMSOLL_ACT: 'safe',
    PLIMSOLL_CONSOLE: 'http://127.0.0.1:7700/',
    PLIMSOLL_TOKEN_FILE: '/run/token',
    PLIMSOLL_SIGNALS: '/tmp/signals',
    PLIMSOLL_NAME: 'web-2',
  })
  expect(options).toMatchObject({
    act: 'safe',
    consoleUrl: 'http://127.0.0.1:7700',
    tokenFile: '/run/token',
    signalsFile: '/tmp/signals',
    name: 'web-2',
  })
})

test('every fault of the environment is told at once, with its variable', () => {
  expect(() => resolveOptions({ PLIMSOLL_ACT: 'maybe', PLIMSOLL_CONSOLE: 'ftp://x' })).toThrow(
    /PLIMSOLL_ACT must be one of observe, ask, safe, and is "maybe"; PLIMSOLL_CONSOLE must be an http or https URL/,
  )
})

test('a memory limit is a size, and what is none is told', () => {
  expect(resolveOptions({ PLIMSOLL_MEMORY_LIMIT: '512MB' }).memoryLimitBytes).toBe(512 * 1024 * 1024)
  expect(resolveOptions({}).memoryLimitBytes).toBeNull()
  expect(() => resolveOptions({ PLIMSOLL_MEMORY_LIMIT: 'much' })).toThrow(/PLIMSOLL_MEMORY_LIMIT must be a size/)
  expect(() => resolveOptions({ PLIMSOLL_MEMORY_LIMIT: '0' })).toThrow(/PLIMSOLL_MEMORY_LIMIT/)
})
