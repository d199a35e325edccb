import { expect, test } from 'vitest'
import { readCgroup, readThreadCount } from './cgroup.ts'

const host = (files: Record<string, string>) => (path: string) => files[path] ?? null

test('a container under version 2 tells use, limit and pressure', () => {
  const read = host({
    '/proc/self/cgroup': '0::/',
    '/sys/fs/cgroup/memory.current': '52428800',
    '/sys/fs/cgroup/memory.max': '104857600',
    '/sys/fs/cgroup/memory.pressure': 'some avg10=12.50 avg60=3.00 avg300=1.00 total=1\nfull avg10=0.00',
  })
  expect(readCgroup(read)).toEqual({ currentBytes: 52_428_800, limitBytes: 104_857_600, pressureAvg10: 12.5 })
})

test('a service under systemd finds its own group, and "max" is no limit', () => {
  const folder = '/sys/fs/cgroup/system.slice/shop.service'
  const read = host({
    '/proc/self/cgroup': '0::/system.slice/shop.service',
    [`${folder}/memory.current`]: '1000',
    [`${folder}/memory.max`]: 'max',
  })
  expect(readCgroup(read)).toEqual({ currentBytes: 1000, limitBytes: null, pressureAvg10: null })
})

test('version 1 is read as well', () => {
  const read = host({
    '/proc/self/cgroup': '9:memory:/docker/1',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '2000',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
  })
  expect(readCgroup(read)).toEqual({ currentBytes: 2000, limitBytes: null, pressureAvg10: null })
})

test('where there is no kernel to ask, nothing is told', () => {
  expect(readCgroup(host({}))).toBeNull()
  expect(readThreadCount(host({}))).toBeNull()
  expect(readThreadCount(host({ '/proc/self/status': 'Name:\tnode\nThreads:\t11\n' }))).toBe(11)
})
