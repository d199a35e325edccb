import { expect, test } from 'vitest'
import { watchedEnvironment } from './environment.ts'

const register = 'file:///opt/a%20b/register.js'

test('preloads the watch beside what NODE_OPTIONS holds already, and leaves the rest alone', () => {
  const environment = watchedEnvironment(
    { NODE_OPTIONS: '--max-old-space-size=512', HOME: '/h' },
    {},
    register,
    '/srv',
    1,
  )
  expect(environment['NODE_OPTIONS']).toBe(`--max-old-space-size=512 --import=${register}`)
  expect(environment['HOME']).toBe('/h')
  expect(Object.keys(environment).filter((name) => name.startsWith('PLIMSOLL'))).toEqual(['PLIMSOLL_SUPERVISOR'])
})

test('hands the settings on, with paths that survive a change of directory', () => {
  const settings = {
    act: 'safe' as const,
    consoleUrl: 'http://127.0.0.1:7700',
    tokenFile: 'token',
    signalsFile: '/tmp/s',
    name: 'web',
    workerCount: 3,
  }
  expect(watchedEnvironment({}, settings, register, '/srv', 1)).toMatchObject({
    PLIMSOLL_ACT: 'safe',
    PLIMSOLL_CONSOLE: 'http://127.0.0.1:7700',
    PLIMSOLL_TOKEN_FILE: '/srv/token',
    PLIMSOLL_SIGNALS: '/tmp/s',
    PLIMSOLL_NAME: 'web',
    PLIMSOLL_WORKERS: '3',
  })
})

test('what was not asked for stays as the environment has it', () => {
  expect(watchedEnvironment({ PLIMSOLL_ACT: 'safe' }, {}, register, '/srv', 1)['PLIMSOLL_ACT']).toBe('safe')
})
