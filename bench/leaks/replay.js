// Judges recorded runs again with the detectors as they are now built: seconds instead of hours.
//
//   node bench/leaks/replay.js [NAME…] [--round 1] [--corpus FILE] [--verbose]
//
// What the watch would have looked at differently (collections it would have trapped, floors it would have provoked) is not in a
// recording, so a change of pace or of attribution needs new runs.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageOf, presentFile, SourceMaps } from '../../packages/watch/dist/attribute/source-map.js'
import { Lookout } from '../../packages/watch/dist/watchdog/lookout.js'
import { loadCorpus } from './corpus.js'
import { prepareService, workFolder } from './prepare.js'
import { readRecording } from './recording.js'
import { projectDeath, renderScore, scoreRuns } from './scoring.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { round: { type: 'string' }, corpus: { type: 'string' }, verbose: { type: 'boolean', default: false } },
})
const services = await loadCorpus(values.corpus)
const folder = join(workFolder, 'recording')
const runs = []
for (const file of existsSync(folder) ? readdirSync(folder) : []) {
  const [, name, round] = /^(.*)\.([^.]*)\.jsonl$/.exec(file)
  const service = services.find((known) => known.name === name)
  if (!service || (positionals.length > 0 && !positionals.includes(name))) continue
  if (values.round !== undefined && round !== values.round) continue
  const { events, fault } = readRecording(join(folder, file))
  if (events) runs.push(await judge(service, round, events))
  else {
    process.stderr.write(`${fault} Delete it, and record it anew: node bench/leaks/run.js ${name} --round ${round}\n`)
    process.exitCode = 1
  }
}
process.stdout.write(renderScore(scoreRuns(runs)))

async function judge(service, round, events) {
  const [, head] = events[0]
  const beganAtMs = events.find(([kind]) => kind === 'moment')?.[1].atMs ?? 0
  const signals = playRecording(head, events, beganAtMs)
  if (values.verbose)
    for (const { afterSeconds, sentence } of signals)
      process.stdout.write(`${service.name} ${afterSeconds}: ${sentence}\n`)
  const { places } = await prepareService(service)
  const seconds = ((events.findLast(([kind]) => kind === 'moment')?.[1].atMs ?? beganAtMs) - beganAtMs) / 1000
  return { service, places, round, seconds, signals, deathSeconds: projectDeath(service, events) }
}

function playRecording(head, events, beganAtMs) {
  const sources = new SourceMaps()
  const signals = []
  const holders = new Map()
  const lookout = new Lookout({
    identity: () => ({ name: 'service' }),
    heapLimitBytes: head.heapLimitBytes,
    machineBytes: head.machineBytes,
    memoryLimitBytes: head.memoryLimitBytes,
    descriptorLimit: head.descriptorLimit,
    places: {
      locate: (script, line, column) => sources.locate(script, line, column),
      readScript: (script) => sources.readScript(script),
      present: (file) => presentFile(file, head.workingDirectory),
      packageOf,
    },
    ask() {},
    emit: (draft) => signals.push({ ...draft, afterSeconds: Math.round((draft.atMs - beganAtMs) / 100) / 10 }),
  })
  for (const [kind, ...event] of events) {
    if (kind === 'moment') lookout.addMoment(event[0], event[1])
    else if (kind === 'floor') lookout.addFloor(event[0])
    else if (kind === 'holder') holders.set(event[0], event[1])
    else if (kind === 'writers') lookout.addWriters(event[0], event[1], event[2])
    else if (kind === 'profile') lookout.addProfile(event[0])
    else if (kind === 'census') {
      const counted = event[2].map(([id, count, hasLetGo, entryBytes, entryExternalBytes, deadlineMs = null]) => ({
        id,
        ...holders.get(id),
        count,
        hasLetGo,
        entryBytes,
        entryExternalBytes,
        deadlineMs,
      }))
      lookout.addCensus({ atMs: event[0], requestTotal: event[1], holders: counted })
    }
  }
  return signals
}
