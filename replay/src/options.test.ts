import { expect, test } from 'vitest'
import { commandOf, helpText, parseReplayOptions } from './options.ts'

test('replays the leak of 10 May in full unless told otherwise', () => {
  expect(parseReplayOptions([])).toMatchObject({
    isFast: false,
    seed: 20230510,
    leak: 'pages-by-url',
    isRegistered: false,
  })
})

test('prints the command that repeats the very run', () => {
  const argv = ['--fast', '--seed', '7', '--leak', 'array-per-request']
  expect(commandOf(parseReplayOptions(argv))).toBe('npm run replay -- --fast --seed 7 --leak array-per-request')
})

test('lets the seed choose the leak, the same one each time', () => {
  const chosen = [0, 1, 2, 3].map((seed) => parseReplayOptions(['--leak', 'seeded', '--seed', String(seed)]).leak)
  expect(chosen).toEqual(['pages-by-url', 'array-per-request', 'listener-per-request', 'pages-by-url'])
})

test('tells every fault of the command line at once', () => {
  expect(() => parseReplayOptions(['--slow', '--seed', '-1', '--leak', 'roof', '--variant', 'other'])).toThrow(
    /--slow is no option.*--seed must be.*--leak must be one of.*--variant must be registered or thirteen-hours, closure.*cured, slow-database/,
  )
})

test('a variant of its own has one arm and its own trouble', () => {
  const options = parseReplayOptions(['--variant', 'slow-database', '--seed', '3'])
  expect([options.trial?.name, commandOf(options)]).toEqual([
    'slow-database',
    'npm run replay -- --seed 3 --variant slow-database',
  ])
  expect(() => parseReplayOptions(['--variant', 'cured', '--fast'])).toThrow(
    'cured chooses its own trouble and has no shorter form',
  )
})

test('help lists every variant that there is', () => {
  const names = ['registered', 'thirteen-hours', 'closure', 'all-workers', 'no-ack', 'console-killed', 'channels-down']
  for (const name of [...names, 'slow-database', 'traffic-x5', 'cured', 'killed-worker', 'killed-database'])
    expect(helpText).toContain(name)
  const day = parseReplayOptions(['--variant', 'thirteen-hours'])
  expect([day.isVirtual, commandOf(day)]).toEqual([true, 'npm run replay -- --seed 20230510 --variant thirteen-hours'])
})
