import { parseArgs } from 'node:util'
import { InvalidOptionError, parseDuration, type Fault } from '@plimsoll/core'
import type { WantedPort } from './ports.ts'

/** How `npm start` was asked to run. */
export interface DemoOptions {
  /** Wanted ports; `isFixed` when given by flag, and then a taken one is an error instead of a reason to pick another. */
  ports: Record<'shop' | 'console' | 'demo', WantedPort>
  /** Stops by itself this long after everything is up; `null` runs until Ctrl-C. */
  forMs: number | null
  /** Sessions of synthetic shoppers that arrive per second; 0 for none. */
  shoppersPerSec: number
  dataDir: string
  wantsHelp: boolean
}

export const helpText = `npm start -- [options]

  Starts the shop (three web workers under watch, its own database), the console, and gentle
  synthetic shoppers, on loopback. Data lives in .data/; npm run reset empties it.

  --for 60s              stop this long after all is up (s, m, h); without it, at Ctrl-C
  --shop-port 3000       fail if it is taken; without the flag another is picked
  --console-port 7700    likewise
  --demo-port 7788       likewise: the break panel and the inbox
  --shoppers 2           sessions that arrive per second; 0 for none
  --data DIR             where data lives instead of .data
  --help                 this text
`

const defaults = { shop: 3000, console: 7700, demo: 7788 } as const

/** @throws {@link InvalidOptionError} with every fault of the command line */
export function parseDemoOptions(argv: readonly string[]): DemoOptions {
  const faults: Fault[] = []
  const { values, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      for: { type: 'string' },
      'shop-port': { type: 'string' },
      'console-port': { type: 'string' },
      'demo-port': { type: 'string' },
      shoppers: { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const known = new Set(['for', 'shop-port', 'console-port', 'demo-port', 'shoppers', 'data', 'help'])
  for (const token of tokens) {
    if (token.kind === 'option' && !known.has(token.name))
      faults.push({ where: token.rawName, what: 'is no option; --help lists them' })
    if (token.kind === 'positional') faults.push({ where: token.value, what: 'is no option; --help lists them' })
  }
  const given = (name: string): string | undefined => {
    const value = values[name]
    if (value === true || value === '') faults.push({ where: `--${name}`, what: 'needs a value' })
    return typeof value === 'string' ? value : undefined
  }
  const port = (name: 'shop' | 'console' | 'demo') => {
    const text = given(`${name}-port`)
    const number = text === undefined ? defaults[name] : Number(text)
    if (!Number.isInteger(number) || number < 1 || number > 65_535)
      faults.push({ where: `--${name}-port`, what: 'must be a port from 1 to 65535' })
    return { port: number, isFixed: text !== undefined }
  }
  const forText = given('for')
  const forMs = forText === undefined ? null : parseDuration(forText)
  if (forText !== undefined && (forMs === null || forMs <= 0))
    faults.push({ where: '--for', what: 'must be a span such as 60s, 5m or 1h' })
  const shoppersPerSec = Number(given('shoppers') ?? 2)
  if (!(shoppersPerSec >= 0 && shoppersPerSec <= 50))
    faults.push({ where: '--shoppers', what: 'must be a rate from 0 to 50 a second' })
  const ports = { shop: port('shop'), console: port('console'), demo: port('demo') }
  const fixed = Object.entries(ports).filter(([, { isFixed }]) => isFixed)
  for (const [index, [name, { port: number }]] of fixed.entries()) {
    const twin = fixed.slice(0, index).find(([, other]) => other.port === number)
    if (twin) faults.push({ where: `--${name}-port`, what: `must be another than --${twin[0]}-port` })
  }
  const options: DemoOptions = {
    ports,
    forMs,
    shoppersPerSec,
    dataDir: given('data') ?? '.data',
    wantsHelp: values.help === true,
  }
  if (faults.length > 0) throw new InvalidOptionError('npm start', faults)
  return options
}
