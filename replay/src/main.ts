import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, MINUTE_MS, systemClock } from '@plimsoll/core'
import { liveThirteenHours } from '@plimsoll/console/testing'
import { runArm } from './arm.ts'
import { renderChart } from './chart.ts'
import { commandOf, helpText, parseReplayOptions, type ReplayOptions } from './options.ts'
import { findPlantedLeak } from './planted.ts'
import { generatorKeptUp, judgePromises, nobodyHangs } from './promises.ts'
import type { ArmRecord } from './record.ts'
import { createCharts, renderLivePage, renderPromises, renderReport, renderSummary, type ArmSketch } from './report.ts'
import { armNames, armTitles, fastScenario, fullScenario, type Scenario } from './scenario.ts'
import { judgeThirteenHours, thirteenHours } from './thirteen-hours.ts'
import { scenarioOf, type Trial } from './trial.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

process.exitCode = await run(process.argv.slice(2))

async function run(argv: readonly string[]): Promise<number> {
  let options: ReplayOptions
  try {
    options = parseReplayOptions(argv)
  } catch (error) {
    console.error(messageOf(error))
    return 2
  }
  if (options.wantsHelp) {
    console.log(helpText)
    return 0
  }
  if (options.isVirtual) return liveTheDay()
  const workDir = mkdtempSync(join(tmpdir(), 'plimsoll-replay-'))
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A second signal does not wait for a clean end.
      if (abort.signal.aborted) process.exit(130)
      console.error('Stopping what was started.')
      abort.abort(signal)
    })
  }
  try {
    return options.trial
      ? await tryOut(options.trial, options, workDir, abort.signal)
      : await replay(options, workDir, abort.signal)
  } catch (error) {
    if (abort.signal.aborted) {
      rmSync(workDir, { recursive: true, force: true })
      return 130
    }
    console.error(`The replay broke off: ${messageOf(error)}\nWhat its parts said stands in ${workDir}.`)
    return 1
  }
}

/** The day on the virtual clock. Prints what was promised and what came of it. */
function liveTheDay(): number {
  const began = process.cpuUsage()
  const day = liveThirteenHours()
  const { user, system } = process.cpuUsage(began)
  const judged = judgeThirteenHours(day, (user + system) / 1000)
  console.log(`${renderPromises(judged)}\nRepeat it: npm run replay -- --variant ${thirteenHours.name}`)
  return judged.every(({ holds }) => holds) ? 0 : 1
}

/** One arm with Plimsoll and one trouble. Prints what was promised and what was seen. */
async function tryOut(
  trial: Trial,
  options: ReplayOptions,
  workDir: string,
  abortSignal: AbortSignal,
): Promise<number> {
  console.log(`${trial.title}: starting a new shop with its database`)
  const tell = createTeller()
  const altered = trial.alter?.(root)
  const record = await runArm({
    arm: 'with-plimsoll',
    main: altered?.main,
    scenario: scenarioOf(trial),
    replay: { ...options, isRegistered: trial.isRegistered ?? false },
    planted: findPlantedLeak(root, trial.leak ?? options.leak),
    begin: trial.begin,
    meanwhile: trial.meanwhile,
    settings: trial.settings,
    troubleMs: trial.troubleMs,
    version: 'afloat',
    root,
    dataDir: makeFolder(join(workDir, trial.name)),
    clock: systemClock,
    abortSignal,
    onProgress: (_sketch, words) => tell(words),
  }).finally(() => altered?.remove())
  const judged = [...trial.judge(record), generatorKeptUp([record]), nobodyHangs(record)]
  console.log(`\n${renderPromises(judged)}\nRepeat it: ${commandOf(options)}`)
  rmSync(workDir, { recursive: true, force: true })
  return judged.every(({ holds }) => holds) ? 0 : 1
}

async function replay(options: ReplayOptions, workDir: string, abortSignal: AbortSignal): Promise<number> {
  const scenario = options.isFast ? fastScenario : fullScenario
  const planted = findPlantedLeak(root, options.leak)
  const live = await openLivePage(scenario, options.port)
  try {
    console.log(`Watch it at ${live.url}`)
    const records: ArmRecord[] = []
    for (const arm of armNames) {
      console.log(`${armTitles[arm]}: starting a new shop with its database`)
      const tell = createTeller()
      const record = await runArm({
        arm,
        scenario,
        replay: options,
        planted,
        begin: async ({ shop, forMs }) => void (await shop.control.switchOn(options.leak, forMs)),
        troubleMs: scenario.leakMs[arm] + scenario.lastActMs + MINUTE_MS,
        version: 'leaking',
        root,
        dataDir: makeFolder(join(workDir, arm)),
        clock: systemClock,
        abortSignal,
        onProgress: (sketch, words) => tell(live.show(sketch, words)),
      })
      records.push(record)
    }

    const promises = judgePromises(scenario, records)
    const command = commandOf(options)
    const outDir = resolve(options.outDir)
    mkdirSync(outDir, { recursive: true })
    writeFileSync(join(outDir, 'replay-report.html'), renderReport(scenario, records, promises, command))
    const postmortem = records.find(({ arm }) => arm === 'with-plimsoll')?.postmortem
    if (postmortem) writeFileSync(join(outDir, 'replay-postmortem.md'), postmortem)
    console.log(`\n${renderSummary(records, promises, command)}\nReport: ${join(outDir, 'replay-report.html')}`)
    rmSync(workDir, { recursive: true, force: true })
    return promises.every(({ holds }) => holds) ? 0 : 1
  } finally {
    live.close()
  }
}

/** The page that draws the arm under way over the ghosts of those before it. */
async function openLivePage(scenario: Scenario, port: number) {
  const sketches: ArmSketch[] = []
  let sentence = 'The first arm starts.'
  const server = createServer((request, response) => {
    if (request.url === '/state') {
      const charts = sketches.length === 0 ? '' : createCharts(scenario, sketches).map(renderChart).join('')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ sentence, charts }))
    } else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(renderLivePage())
  })
  await new Promise<void>((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** Answers the sentence that it shows. */
    show(sketch: ArmSketch, words: string): string {
      sketches[armNames.indexOf(sketch.arm)] = sketch
      return (sentence = `${armTitles[sketch.arm]}, ${words}`)
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Says it, but not more than every 10 s. */
function createTeller(): (words: string) => void {
  let toldAtMs = 0
  return (words) => {
    if (systemClock.nowMs() - toldAtMs < 10_000) return
    toldAtMs = systemClock.nowMs()
    console.log(words)
  }
}

function makeFolder(path: string): string {
  // Open to traverse: as root the database runs as another user.
  mkdirSync(path, { recursive: true, mode: 0o755 })
  return path
}
