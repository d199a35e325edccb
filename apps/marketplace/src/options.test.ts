import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'

const parse = (argv: string[], env: NodeJS.ProcessEnv = {}) => parseOptions(argv, env, '/srv/shop')!

test('has a default for everything', () => {
  expect(parse([])).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    isPortGiven: false,
    workerCount: 3,
    dataDir: '/srv/shop/.data/marketplace',
    databaseUrl: null,
    redisUrl: null,
    seed: 1,
    listingCount: 50_000,
    leak: null,
    control: null,
    isRestarting: true,
    logLevel: 'warn',
    isProduction: false,
  })
})

test('a flag wins over the environment', () => {
  const env = { PORT: '4000', WORKERS: '2', DATABASE_URL: 'postgres://x/y' }
  expect(parse(['--workers', '5', '--no-restart'], env)).toMatchObject({
    port: 4000,
    isPortGiven: true,
    workerCount: 5,
    databaseUrl: 'postgres://x/y',
    isRestarting: false,
  })
})

test('answers null when help is asked for', () => {
  expect(parseOptions(['--help'], {}, '/')).toBeNull()
})

test('tells every fault at once', () => {
  const bad = [
    '--port',
    '70000',
    '--workers=0',
    '--leak',
    'drip',
    '--log-level',
    'loud',
    '--seed=',
    '--verbose',
    'extra',
  ]
  expect(() => parse(bad)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /--seed needs a value.*--verbose is unknown.*"extra" is not a flag.*--log-level must be one of.*--leak must be one of.*--port must be.*--workers must be/,
      ),
    }),
  )
})

test('opens the control door only for who has a token worth the name', () => {
  expect(() => parse(['--control-port', '0'])).toThrow(/needs MARKETPLACE_CONTROL_TOKEN/)
  expect(() => parse(['--control-port', '0'], { MARKETPLACE_CONTROL_TOKEN: 'short' })).toThrow(/at least 16/)
  const token = 'a-token-of-sixteen-or-more'
  expect(parse(['--control-port', '0'], { MARKETPLACE_CONTROL_TOKEN: token }).control).toEqual({ port: 0, token })
})

test('refuses every fault in production, and the provider that moves no money', () => {
  const env = { NODE_ENV: 'production', MARKETPLACE_CONTROL_TOKEN: 'a-token-of-sixteen-or-more' }
  const faulty = ['--leak', 'pages-by-url', '--leak-registered', '--control-port', '0', '--payment-mischief', 'delay=5']
  expect(() => parse(faulty, env)).toThrow(
    /--leak is refused.*--leak-registered is refused.*--control-port is refused.*--payment-mischief is refused.*--payment-url is needed/,
  )
  expect(parse(['--payment-url', 'https://pay.example'], env)).toMatchObject({ isProduction: true, control: null })
})
