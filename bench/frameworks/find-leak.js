// Asks an app under the watch for fresh pages until the watch claims a leak, and judges the line it names.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTraffic } from '../../packages/soak/dist/traffic/index.js'
import { startService } from './service.js'

/** Asks for fresh pages until a leak is claimed with a culprit, or the time is over. */
export async function findLeak({ leak, before, environment = {} }, service, line, limits) {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-frameworks-'))
  const file = join(folder, 'signals')
  const app = await startService({
    ...service,
    before: [...before, '--max-old-space-size=128'],
    environment: { ...environment, PLIMSOLL_SIGNALS: file },
  })
  const seconds = Number(limits.seconds)
  let freshCount = 0
  const traffic = startTraffic({
    origin: `http://127.0.0.1:${app.port}`,
    seed: 5,
    ratePerSec: Number(limits.rate) / 5,
    durationMs: seconds * 1000,
    journeys: {
      page: {
        weight: 1,
        async run(user) {
          for (let request = 0; request < 5; request++)
            await user.get(leak.path.replace('{n}', `n${++freshCount}`), { route: leak.path })
        },
      },
    },
  })
  try {
    const beganMs = performance.now()
    let claim
    while (!claim && performance.now() - beganMs < seconds * 1000 && !app.hasEnded()) {
      await sleep(250)
      claim = claims(file).find(({ culprit }) => culprit !== null)
    }
    const took = Math.round((performance.now() - beganMs) / 1000)
    if (!claim)
      return { isRight: false, sentence: `no culprit within ${took} s; ${claims(file)[0]?.sentence ?? 'no claim'}` }
    const { culprit, sentence } = claim
    const told = `${culprit.file}:${culprit.line} ${culprit.variable ?? ''} after ${took} s`
    if (leak.isMapped === false) {
      const isSaid = /no source map/.test(`${sentence}${app.written.stderr}`)
      return { isRight: isSaid, sentence: `${told}, ${isSaid ? 'and said' : 'but not said'} that there is no map` }
    }
    const isRight = culprit.file.endsWith(leak.file) && Math.abs(culprit.line - line) <= 3
    return { isRight, sentence: `${told}${isRight ? '' : `; it is ${leak.file}:${line}`}` }
  } finally {
    await traffic.stop()
    await app.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function claims(file) {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ verdict }) => verdict === 'leaking' || verdict === 'sinking')
}
