/**
 * Runs in a process of its own: loads one file, looks for a call that comes by the line that grows, and measures what stays after it
 * with soak's statistics. Answers by a message, and ends.
 */
import { existsSync, readFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf } from '@plimsoll/core'
import { measureLeak } from '@plimsoll/soak/matchers'
import { countRuns, findDrivers, settle, type Driver } from './drive.ts'
import { offsetOf, type ProofTask, type Proof } from './proof.ts'

/** Ways to come by the line that are measured at most, and the time that each of them gets at least. */
const maxDrivers = 3
const leastMs = 2000

async function prove({
  file,
  line,
  column,
  callerNames,
  isLettingGo,
  isAboutSignal,
  withinMs,
}: ProofTask): Promise<Proof> {
  const source = readFileSync(file, 'utf8')
  const offset = offsetOf(source, line, column)
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  const watch = () => session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  watch()
  const url = pathToFileURL(file).href
  const { roots, failure } = await load(file)
  if (roots.length === 0) return notDrivable(`the file cannot be loaded by itself: ${failure}`)
  // takePreciseCoverage counts from the last time it was asked.
  let runs = 0
  // CommonJS scripts are known by their path, modules by their URL.
  const countAt = async () =>
    (runs += (await countRuns(session, url, offset)) || (await countRuns(session, fileURLToPath(url), offset)))
  const beganMs = performance.now()
  const drivers = findDrivers({
    roots,
    source,
    offset,
    callerNames,
    isLettingGo,
    isAboutSignal,
    countAt,
    isOver: () => performance.now() > beganMs + withinMs,
  })
  const proofs: Proof[] = []
  for await (const driver of drivers) {
    // Coverage keeps the code from being compiled well, and costs memory of its own.
    session.post('Profiler.stopPreciseCoverage')
    const leftMs = beganMs + 2 * withinMs - performance.now()
    const proof = await measure(driver, Math.max(leastMs, Math.min(withinMs, leftMs)))
    if (proof.verdict === 'proven') return proof
    proofs.push(proof)
    if (proofs.length >= maxDrivers || performance.now() > beganMs + withinMs) break
    watch()
  }
  // One call that leaves nothing behind may just not be the one that does: all of them have to say so.
  return (
    proofs.find(({ verdict }) => verdict === 'undecided') ??
    proofs[0] ??
    notDrivable('no exported function was found that comes by this line when called with made-up arguments')
  )
}

async function measure(driver: Driver, withinMs: number): Promise<Proof> {
  let failed = 0
  const act = async () => {
    if (!(await settle(driver.call))) failed++
  }
  const { verdict, bytesPerCall, callCount } = await measureLeak(act, { withinMs })
  const how = `${driver.shown} with a new key each time, ${callCount.toLocaleString('en-US')} calls`
  const bytes = Math.round(bytesPerCall.estimate)
  if (verdict === 'leaks')
    return { verdict: 'proven', bytesPerCall: bytes, what: `${bytes} bytes stay after each call: ${how}` }
  if (verdict === 'clean' && driver.isKeyed && failed <= callCount / 10)
    return { verdict: 'refuted', bytesPerCall: bytes, what: `nothing stays: ${how}` }
  return { verdict: 'undecided', bytesPerCall: null, what: `not sure after ${how}` }
}

/**
 * What the file exports, and what the package does that it is part of: many files can be used only through its door. What a CommonJS
 * module exports comes before the names that were read off it, as its functions may look for each other there.
 */
async function load(file: string): Promise<{ roots: unknown[]; failure: string }> {
  const roots: unknown[] = []
  let failure = ''
  for (const path of [file, doorOf(file)]) {
    if (path === null) continue
    try {
      const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>
      roots.push(exported['module.exports'], exported['default'], exported)
    } catch (error) {
      failure ||= messageOf(error).split('\n')[0]!
    }
  }
  return { roots: [...new Set(roots)], failure }
}

/** The entry of the package that a file belongs to, as its users would get it. */
function doorOf(file: string): string | null {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (!existsSync(manifest)) continue
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }
    if (name === undefined) continue
    for (const request of [name, folder])
      try {
        const door = createRequire(file).resolve(request)
        return door === file ? null : door
      } catch {
        // It has no such entry: the other way.
      }
    return null
  }
  return null
}

function notDrivable(what: string): Proof {
  return { verdict: 'not drivable', bytesPerCall: null, what }
}

// A made-up call may fail later on; that says nothing about what stays of those that do not.
process.on('uncaughtException', () => undefined)
process.on('unhandledRejection', () => undefined)

process.once('message', (task: ProofTask) => {
  void prove(task)
    .catch((error: unknown) => notDrivable(messageOf(error)))
    .then((proof) => process.send!(proof, () => process.exit(0)))
})
