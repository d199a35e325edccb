// Records what the watch sees of a service, so that detectors can be judged again in milliseconds:
//   RECORD_TO=history/x.jsonl node --import ./record-history.js --max-old-space-size=96 service/x.js
// Written when the process gets SIGTERM. The watch's own pace is followed, as if it were attached.
import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import { createGuard } from '../dist/guard.js'
import { packageOf, presentFile, SourceMaps } from '../dist/attribute/source-map.js'
import { Probe } from '../dist/probe.js'
import { CachesSource } from '../dist/sample/source/caches.js'
import { HttpSource } from '../dist/sample/source/http.js'
import { findHeapLimit } from '../dist/sample/source/process.js'
import { SqlSource } from '../dist/sample/source/sql.js'
import { momentOf } from '../dist/watchdog/moment.js'
import { Lookout } from '../dist/watchdog/lookout.js'

const heapLimitBytes = findHeapLimit(process.execArgv, '', Number(process.versions.node.split('.')[0]))
const history = { node: process.version, heapLimitBytes, scripts: {}, holders: {} }
const events = []
const sources = new SourceMaps()
const guard = createGuard((where, thrown) => process.stderr.write(`${where}: ${thrown.stack}\n`))
const http = new HttpSource(guard, () => performance.now())
const caches = new CachesSource(guard)
let probe = null

const readScript = (script) => (history.scripts[script] = sources.readScript(script))
const lookout = new Lookout({
  identity: () => ({ name: 'service' }),
  heapLimitBytes,
  machineBytes: null,
  places: {
    locate: (script, line, column) => sources.locate(script, line, column),
    readScript,
    present: (file) => presentFile(file, process.cwd()),
    packageOf,
  },
  ask(message) {
    if (message.kind === 'pace') probe.setSuspicion(message.isSuspicious)
    if (message.kind === 'trap') probe.trap(message.holderId)
    if (message.kind === 'profile') probe.setProfiling(message.isOn)
  },
  emit: ({ verdict, sentence }) => process.stderr.write(`${verdict}: ${sentence}\n`),
})

const takers = {
  reading({ reading }) {
    const moment = momentOf(reading, null)
    events.push(['moment', moment])
    lookout.addMoment(moment, null)
  },
  floor({ floor }) {
    events.push(['floor', floor])
    lookout.addFloor(floor)
  },
  census({ report }) {
    const told = report.holders.slice(0, 5)
    for (const { id, kind, path, script, bound } of told) history.holders[id] = { kind, path, script, bound }
    const counts = told.map(({ id, count, hasLetGo, entryBytes, entryExternalBytes }) => [
      id,
      count,
      hasLetGo,
      entryBytes,
      entryExternalBytes,
    ])
    events.push(['census', report.atMs, report.requestTotal, counts])
    lookout.addCensus(report)
  },
  writers({ holderId, sites }) {
    events.push(['writers', holderId, sites.slice(0, 2), Date.now()])
    lookout.addWriters(holderId, sites, Date.now())
  },
  profile({ report }) {
    events.push(['profile', { ...report, sites: report.sites.slice(0, 4) }])
    lookout.addProfile(report)
  },
}

setTimeout(() => {
  const heartbeat = new Int32Array(new SharedArrayBuffer(4))
  const send = (message) => takers[message.kind]?.(message)
  probe = new Probe({ guard, http, sql: new SqlSource(guard), caches, heapLimitBytes, lockKey: null, heartbeat, send })
}, 1000).unref()

process.once('SIGTERM', () => {
  const round = (_, value) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value)
  const lines = [history, ...events].map((line) => JSON.stringify(line, round))
  // Where it was recorded is nobody's business, and the same on every machine.
  writeFileSync(process.env.RECORD_TO, `${lines.join('\n').replaceAll(process.cwd(), '/srv')}\n`)
  process.exit(0)
})
