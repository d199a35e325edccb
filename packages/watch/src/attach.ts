import { isMainThread } from 'node:worker_threads'
import { isPackageManager } from './package-manager.ts'
import { startLifeline } from './supervise/lifeline.ts'
import { takeWorkerCount } from './supervise/worker-count.ts'
import { startWatch } from './watch.ts'

// Loaded by `node --import @plimsoll/watch/register`, before anything of the host's. Idle in the host's own worker threads,
// which inherit the flag, and in package managers, which only start others.
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
