import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@plimsoll/core'
import type { ProcessFacts } from './identity.ts'

/** What the machine, the cluster and the working directory's package.json say of this process. */
export function readProcessFacts(): ProcessFacts {
  const own = readPackage()
  return {
    pid: process.pid,
    host: hostname(),
    nodeVersion: process.versions.node,
    startedAtMs: Math.round(systemClock.nowMs() - process.uptime() * 1000),
    workingDirectory: process.cwd(),
    packageName: own.name,
    packageVersion: own.version,
    clusterWorkerId: cluster.worker?.id ?? null,
  }
}

function readPackage(): { name: string | null; version: string | null } {
  try {
    const { name, version } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >
    return { name: typeof name === 'string' ? name : null, version: typeof version === 'string' ? version : null }
  } catch {
    return { name: null, version: null }
  }
}
