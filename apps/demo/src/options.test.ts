import { expect, test } from 'vitest'
import { parseDemoOptions } from './options.ts'

test('starts the shop, the console and the demo page on their usual ports, gently, until Ctrl-C', () => {
  expect(parseDemoOptions([])).toEqual({
    ports: {
      shop: { port: 3000, isFixed: false },
      console: { port: 7700, isFixed: false },
      demo: { port: 7788, isFixed: false },
    },
    forMs: null,
    shoppersPerSec: 2,
    dataDir: '.data',
    wantsHelp: false,
  })
})

test('reads what is asked for', () => {
  const options = parseDemoOptions(['--for', '60s', '--shop-port=8080', '--shoppers', '0', '--data', 'elsewhere'])
  expect(options).toMatchObject({ forMs: 60_000, shoppersPerSec: 0, dataDir: 'elsewhere' })
  expect(options.ports.shop).toEqual({ port: 8080, isFixed: true })
})

test('refuses one port for two parts', () => {
  expect(() => parseDemoOptions(['--shop-port', '8080', '--demo-port', '8080'])).toThrow(
    /--demo-port must be another than --shop-port/,
  )
})

test('tells every fault of the command line at once', () => {
  expect(() => parseDemoOptions(['--fro', '60s', '--shop-port', 'x', '--for', '60', '--shoppers', '1000'])).toThrow(
    /--fro is no option.*--for must be a span.*--shoppers must be a rate.*--shop-port must be a port/,
  )
})
