import type { Reader } from '../reader.ts'
import { instant } from './bounds.ts'

/** Who speaks: one watched process, for as long as it lives. */
export interface Identity {
  /** Name of the service, shared by all its processes. */
  service: string
  /** Unique over all processes, and best over restarts too: `web-2#4711-k3f9`. One that starts again under the same is told by `startedAtMs`. */
  instance: string
  /** What people call it, stable over restarts where possible: `web-2`. */
  name: string
  host: string
  pid: number
  /** `primary` forks cluster workers and may rotate them; `supervisor` is `plimsoll run` itself. */
  role: 'process' | 'worker' | 'primary' | 'supervisor'
  /** Instance that carries out rotations of this one (its cluster's primary), or null when nobody can. */
  controller: string | null
  startedAtMs: number
  nodeVersion: string
  /** The service's own version (package.json, or PLIMSOLL_VERSION); a change of it is a deploy. */
  serviceVersion: string | null
}

export function readIdentity(reader: Reader): Identity {
  reader.object()
  const short = { minLength: 1, maxLength: 200 }
  return {
    service: reader.at('service').string(short),
    instance: reader.at('instance').string(short),
    name: reader.at('name').string(short),
    host: reader.at('host').string(short),
    pid: reader.at('pid').integer({ min: 0 }),
    role: reader.at('role').oneOf(['process', 'worker', 'primary', 'supervisor']),
    controller: reader.at('controller').stringOrNull(short),
    startedAtMs: reader.at('startedAtMs').number(instant),
    nodeVersion: reader.at('nodeVersion').string(short),
    serviceVersion: reader.at('serviceVersion').stringOrNull(short),
  }
}
