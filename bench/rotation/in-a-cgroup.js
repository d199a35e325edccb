// Is a rotation refused in a real container limit that has no room, and done in one that has? Needs root and cgroup v1 or v2.
//
//   node bench/rotation/in-a-cgroup.js
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version1 = existsSync('/sys/fs/cgroup/memory')
const parent = version1 ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup'
const limitFile = version1 ? 'memory.limit_in_bytes' : 'memory.max'
const preload = new URL('../../packages/watch/test/fixture/rotation-preload.js', import.meta.url).href
const app = fileURLToPath(new URL('../../packages/watch/test/fixture/cluster-app.js', import.meta.url))

for (const [limitMb, wanted] of [
  [100, 'refused'],
  [1000, 'done'],
]) {
  const group = join(parent, `plimsoll-bench-${process.pid}-${limitMb}`)
  mkdirSync(group)
  try {
    writeFileSync(join(group, limitFile), String(limitMb * 1024 * 1024))
    // The shell joins the group and becomes the app, so that all of it counts.
    const script = `echo $$ > ${join(group, 'cgroup.procs')} && exec "$@"`
    const child = spawn('sh', ['-c', script, 'sh', process.execPath, '--import', preload, app], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const outcome = await new Promise((resolve) => {
      child.on('message', (message) => {
        if (message.port) child.send({ target: 'web-1' })
        if (message.outcome) resolve(message.outcome)
      })
    })
    child.kill('SIGKILL')
    await ended
    // Its workers end when their channel does.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    process.stdout.write(`cgroup v${version1 ? 1 : 2}, ${limitMb} MB: ${outcome.status}: ${outcome.sentence}\n`)
    if (outcome.status !== wanted) process.exitCode = 1
  } finally {
    rmdirSync(group)
  }
}
