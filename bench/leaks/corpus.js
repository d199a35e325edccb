// The ground truth: what each service is, whether it leaks, where, into which memory, and the load that shows it. Data only, so
// that other tools can use the same services: see README.md.
//
//   packages   real packages at the versions named, installed when the bench runs
//   fixed      versions in which the package's own leak is mended, where there are such: the same service must then be found healthy
//   places     code that a right answer may point at, the best first: where something is added that is never taken away. `code`
//              is part of that line and is checked against the file; `variable` is what keeps it, where it has a name
//   module     package, or file of the service, that holds on; the right module for scoring
//   load       rate in sessions a second of `requests` requests each, paths with {fresh}, {zipf:N} and {pick:N}; `rate` may be a curve
//   heapMb     --max-old-space-size; memoryMb: what the process may use of all memory (the watch is told by PLIMSOLL_MEMORY_LIMIT)

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { healthy } from './corpus/healthy.js'
import { heapLeaks } from './corpus/heap-leaks.js'
import { outsideLeaks } from './corpus/outside-leaks.js'
import { unseen } from './corpus/unseen.js'

/** A leak's package at the version that mended it: the same service and load, and nothing to be found. */
const mended = heapLeaks
  .filter(({ fixed }) => fixed)
  .map((service) => ({
    ...service,
    name: `${service.name}-fixed`,
    serviceName: service.name,
    shape: 'mended',
    packages: { ...service.packages, ...service.fixed },
    isLeak: false,
    memory: null,
    module: null,
    places: [],
  }))

/** A service with all that its entry left out filled in. */
export const describe = (service) => ({
  packages: {},
  fixed: null,
  source: null,
  heapMb: 128,
  memoryMb: null,
  maxFiles: null,
  isSlow: false,
  extraFiles: [],
  serviceName: service.name,
  ...service,
  modules: service.modules ?? (service.module === null ? [] : [service.module]),
})

/** Every service of the corpus. */
export const corpus = [
  ...[...heapLeaks, ...outsideLeaks].map((service) => ({ isLeak: true, ...service })),
  ...healthy.map((service) => ({ isLeak: false, ...service })),
  ...mended,
  ...unseen,
].map(describe)

/** The services of another data file of the same form, or those of the corpus. */
export async function loadCorpus(file) {
  if (file === undefined) return corpus
  const { corpus: services } = await import(pathToFileURL(resolve(file)).href)
  if (!Array.isArray(services)) throw new Error(`${file} exports no list called corpus; see corpus.js for the form`)
  return services.map(describe)
}
