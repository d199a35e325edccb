import { resolve } from 'node:path'
import { messageOf, systemClock } from '@plimsoll/core'
import { startDemo } from './demo.ts'
import { endLeftovers, isAlive, readRecord } from './leftovers.ts'
import { helpText, parseDemoOptions, type DemoOptions } from './options.ts'

process.exitCode = await run(process.argv.slice(2))

async function run(argv: readonly string[]): Promise<number> {
  let options: DemoOptions
  try {
    options = parseDemoOptions(argv)
  } catch (error) {
    console.error(messageOf(error))
    return 2
  }
  if (options.wantsHelp) {
    console.log(helpText)
    return 0
  }
  const dataDir = resolve(options.dataDir)
  const earlier = readRecord(dataDir)
  if (earlier && isAlive(earlier.launcher)) {
    // The console's link signs in once; whoever used it is signed in at the address alone.
    const urls = Object.entries(earlier.urls).map(([what, url]) => `\n  ${what.padEnd(8)} ${new URL(url).origin}`)
    console.error(
      `It is running already on this data folder.${urls.join('')}\nStop that one with Ctrl-C, or give this one a folder of its own by --data.`,
    )
    return 1
  }

  // Before anything is started, so that an early Ctrl-C finds somebody who listens.
  const asked = new AbortController()
  listenForTheEnd(asked)
  const ended = await endLeftovers(dataDir)
  if (ended.length > 0) console.log(`An earlier start was killed; what it left running was ended: ${ended.join(', ')}.`)
  console.log('Starting the database, the console and three web workers. The first time, 50,000 listings are seeded.')
  try {
    const demo = await startDemo(options, dataDir, process.cwd(), asked.signal)
    for (const note of demo.notes) console.log(note)
    console.log(describe(demo.urls, options.forMs))
    const failure = await Promise.race([waitForTheEnd(asked.signal, options.forMs), demo.failed])
    if (failure) console.error(failure)
    console.log('Stopping.')
    await demo.stop()
    return failure ? 1 : 0
  } catch (error) {
    if (asked.signal.aborted) {
      console.log('Stopped before all of it was up.')
      return 0
    }
    console.error(messageOf(error))
    return 1
  }
}

/** Aborts when somebody wants an end; a second signal does not wait for a clean one. */
function listenForTheEnd(asked: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(130)
      asked.abort()
    })
  }
}

/** Resolves with null when the time is up or somebody wants an end. */
function waitForTheEnd(abortSignal: AbortSignal, forMs: number | null): Promise<null> {
  return new Promise((resolve) => {
    if (abortSignal.aborted) return resolve(null)
    abortSignal.addEventListener('abort', () => resolve(null))
    if (forMs !== null) systemClock.after(forMs, () => resolve(null))
  })
}

function describe(urls: { shop: string; console: string; demo: string }, forMs: number | null): string {
  return `
  Shop      ${urls.shop}
  Console   ${urls.console}   (signs you in, once)
  Break it  ${urls.demo}

Three things to try
  1. Buy something in the shop. The order's page says which worker served it.
  2. Open "Break it", begin the leak of 10 May, and watch the console find it, name the line and replace the worker.
  3. On a service that is not ours: npx plimsoll run -- node --max-old-space-size=256 examples/leaky-express/server.js
     and, in another terminal, some visitors: node examples/leaky-express/load.js

${forMs === null ? 'Ctrl-C ends all of it.' : `Ends by itself after ${Math.round(forMs / 1000)} s.`}`
}
