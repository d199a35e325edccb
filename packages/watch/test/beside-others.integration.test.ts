import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { runService, type RunningService, type ServiceOptions } from './run-service.ts'

const running: RunningService[] = []
afterAll(() => Promise.all(running.map((service) => service.stop())))

const isClaim = ({ verdict }: { verdict: string }) => verdict === 'leaking' || verdict === 'sinking'
const fixture = (name: string) => fileURLToPath(new URL(`fixture/${name}`, import.meta.url))
const nodeMajor = Number(process.versions.node.split('.')[0])
const permission = nodeMajor >= 24 ? '--permission' : '--experimental-permission'

async function claimOf(name: string, options: Partial<ServiceOptions>) {
  const service = await runService(name, { heapMb: 96, requestsPerSecond: 300, ...options })
  running.push(service)
  await expect.poll(() => service.signals().some(isClaim), { timeout: 80_000, interval: 500 }).toBe(true)
  const claim = service.signals().find(isClaim)!
  const terminal = service.terminal()
  await service.stop()
  return { claim, terminal }
}

// One after the other: each is a service under load, and two cores have room for one.
describe('a leak is named with its line', () => {
  test.each<[string, Partial<ServiceOptions>]>([
    ['with frozen intrinsics', { flags: ['--frozen-intrinsics'] }],
    ['with a debugger listening', { flags: ['--inspect=127.0.0.1:0'] }],
    ["with V8's Map patched by the host", { flags: ['--require', fixture('patched-map.cjs')] }],
  ])('%s', { timeout: 100_000 }, async (_, options) => {
    const { claim } = await claimOf('map-by-url', options)
    expect(claim.culprit).toMatchObject({ file: 'map-by-url.js', line: 6, variable: 'pages' })
  })
})

test(
  'under the permission model, which forbids the inspector, a leak is told without its variable',
  { timeout: 100_000 },
  async () => {
    const flags = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-worker']
    const { claim, terminal } = await claimOf('map-by-url', { flags })
    expect(claim).toMatchObject({ memory: 'heap', culprit: null })
    expect(terminal).toContain('the inspector is not available in this process')
  },
)

test(
  "another agent's allocation profiler is neither stopped nor joined, and that is said",
  { timeout: 100_000 },
  async () => {
    const { claim, terminal } = await claimOf('closure-chain', { flags: ['--require', fixture('other-sampler.cjs')] })
    expect(claim.verdict).toMatch(/leaking|sinking/)
    expect(terminal).toContain('another profiler already samples allocations')
    expect(terminal).not.toContain('other agent:')
  },
)

test('where it may not start a thread, the service runs and is told the cure', { timeout: 30_000 }, async () => {
  const service = await runService('map-by-url', {
    heapMb: 96,
    requestsPerSecond: 20,
    flags: [permission, '--allow-fs-read=*'],
  })
  running.push(service)
  await expect.poll(() => service.terminal(), { timeout: 10_000 }).toContain('--allow-worker')
  expect(service.process.exitCode).toBeNull()
})
