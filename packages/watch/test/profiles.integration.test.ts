import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { afterAll, expect, test } from 'vitest'
import { runService, type RunningService } from './run-service.ts'

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-pprof-'))
let service: RunningService | null = null
afterAll(async () => {
  await service?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test(
  "growth that no collection explains leaves a heap profile with the leak's function",
  { timeout: 240_000 },
  async () => {
    service = await runService('closure-chain', {
      heapMb: 192,
      requestsPerSecond: 250,
      environment: { PLIMSOLL_PROFILES: folder },
    })
    const patience = { timeout: 230_000, interval: 500 }
    const functions = () => {
      const [file] = readdirSync(folder).filter((name) => /^heap-.*\.pb\.gz$/.test(name))
      if (!file) return []
      const { function: told, stringTable } = Profile.decode(gunzipSync(readFileSync(join(folder, file))))
      return told.map(({ filename }) => stringTable.strings[Number(filename)]!)
    }
    await expect.poll(functions, patience).toContainEqual(expect.stringContaining('closure-chain.js'))
  },
)
