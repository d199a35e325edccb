import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'
import { createGuard } from './guard.ts'
import { isPackageManager } from './package-manager.ts'
import { tellWorkerHeap } from './sample/worker-heap.ts'
import { startLifeline } from './supervise/lifeline.ts'
import { takeWorkerCount } from './supervise/worker-count.ts'
import { startWatch } from './watch.ts'

// Loaded by `node --import @plimsoll/watch/register`, before anything of the host's. In the host's own worker threads, which inherit
// the flag, it only looks at the heap's size now and then; idle in package managers, which only start others, and in their worker
// threads, which know only their own script and so are told.
const idleKey = 'plimsoll.idle'
const isIdle =
  process.env['PLIMSOLL'] === 'off' || getEnvironmentData(idleKey) === true || isPackageManager(process.argv[1])
if (isIdle) setEnvironmentData(idleKey, true)
else if (!isMainThread) tellWorkerHeap(createGuard(() => {}))
else {
  const identity = startWatch()
  // The watchdog thread holds on to the supervisor as well, once it runs.
  startLifeline(process.env)
  const workerCount = takeWorkerCount(process.env)
  if (workerCount > 0) {
    const { runScriptCluster } = await import('./supervise/script-cluster.ts')
    await runScriptCluster(workerCount, identity?.name ?? 'worker')
  }
}
