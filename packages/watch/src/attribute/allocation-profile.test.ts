import inspector from 'node:inspector'
import { expect, test } from 'vitest'
import { findRetainingSites } from '../detect/retaining-site.ts'
import { AllocationProfile } from './allocation-profile.ts'

test('tells the function whose allocations stay from the one that only makes garbage', () => {
  const profile = new AllocationProfile(() => false)
  expect(profile.start()).toBeNull()
  const kept: unknown[] = []
  function keepSome(): void {
    for (let index = 0; index < 20_000; index++) kept.push({ index, text: `kept ${index}` })
  }
  function wasteSome(): number {
    let length = 0
    for (let index = 0; index < 20_000; index++) length += JSON.stringify({ index, text: `wasted ${index}` }).length
    return length
  }
  let sites
  for (let window = 0; window < 5; window++) {
    keepSome()
    wasteSome()
    sites = profile.read(window)!.sites
  }
  profile.stop()
  const [best] = findRetainingSites(sites!)
  expect(best!.frame.functionName).toBe('keepSome')
  expect(best!.share).toBeGreaterThan(0.6)
  expect(kept.length).toBe(100_000)
})

test('never samples beside another profiler', () => {
  const other = new inspector.Session()
  other.connect()
  other.post('HeapProfiler.startSampling', {})
  const profile = new AllocationProfile(() => false)
  expect(profile.start()).toMatch(/another profiler/)
  expect(profile.isRunning).toBe(false)
  other.post('HeapProfiler.stopSampling')
  other.disconnect()
})
