import { isMainThread } from 'node:worker_threads'
import { createGuard } from './guard.ts'
import { isPackageManager } from './package-manager.ts'
import { tellWorkerHeap } from './sample/worker-heap.ts'
import { startLifeline } from './supervise/lifeline.ts'
import { takeWorkerCount } from './supervise/worker-count.ts'
import { startWatch } from './watch.ts'

// Loaded by `node --import @plimsoll/watch/register`, before anything of the host's. In the host's own worker threads, which inherit
// the flag, it only looks at the heap's size now and then; idle in package managers, which only start others.
if (!isMainThread && process.env['PLIMSOLL'] !== 'off') tellWorkerHeap(createGuard(() => {}))
if (isMainThread && process.env['PLIMSOLL'] !== 'off' && !isPackageManager(process.argv[1])) {
  const identity = startWatch()
  // The watchdog thread holds on to the supervisor as well, once it runs.
  startLifeline(process.env)
  const workerCount = takeWorkerCount(process.env)
  if (workerCount > 0) {
    const { runScriptCluster } = await import('./supervise/script-cluster.ts')
    await runScriptCluster(workerCount, identity?.name ?? 'worker')
  }
}
