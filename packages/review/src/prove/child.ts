/**
 * Runs in a process of its own: loads one file, looks for a call that comes by the line that grows, and measures what stays after it
 * with soak's statistics. Answers by a message, and ends.
 */
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf } from '@plimsoll/core'
import { measureLeak } from '@plimsoll/soak/matchers'
import { countRuns, findDriver, settle } from './drive.ts'
import type { ProofTask, Proof } from './proof.ts'

async function prove({ file, line, column, callerName, withinMs }: ProofTask): Promise<Proof> {
  const source = readFileSync(file, 'utf8')
  const offset =
    source
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length +
    (line > 1 ? 1 : 0) +
    column -
    1
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const url = pathToFileURL(file).href
  let exported: Record<string, unknown>
  try {
    exported = (await import(url)) as Record<string, unknown>
  } catch (error) {
    return notDrivable(`the file cannot be loaded by itself: ${messageOf(error).split('\n')[0]}`)
  }
  // takePreciseCoverage counts from the last time it was asked.
  let runs = 0
  // CommonJS scripts are known by their path, modules by their URL.
  const countAt = async () =>
    (runs += (await countRuns(session, url, offset)) || (await countRuns(session, fileURLToPath(url), offset)))
  const driver = await findDriver(exported, source, offset, callerName, countAt)
  if (!driver)
    return notDrivable('no exported function was found that comes by this line when called with made-up arguments')
  session.post('Profiler.stopPreciseCoverage')
  session.disconnect()
  let failed = 0
  const act = async () => {
    if (!(await settle(driver.call))) failed++
  }
  const { verdict, bytesPerCall, callCount } = await measureLeak(act, { withinMs })
  const how = `${driver.shown} with a new key each time, ${callCount.toLocaleString('en-US')} calls`
  const bytes = Math.round(bytesPerCall.estimate)
  if (verdict === 'leaks')
    return { verdict: 'proven', bytesPerCall: bytes, what: `${bytes} bytes stay after each call: ${how}` }
  if (verdict === 'clean' && failed <= callCount / 10)
    return { verdict: 'refuted', bytesPerCall: bytes, what: `nothing stays: ${how}` }
  return { verdict: 'undecided', bytesPerCall: null, what: `not sure after ${how}` }
}

function notDrivable(what: string): Proof {
  return { verdict: 'not drivable', bytesPerCall: null, what }
}

process.once('message', (task: ProofTask) => {
  void prove(task)
    .catch((error: unknown) => notDrivable(messageOf(error)))
    .then((proof) => process.send!(proof, () => process.exit(0)))
})
