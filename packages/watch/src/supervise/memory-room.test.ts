import { GiB, MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { judgeRoom, readMemoryRoom, readRssBytes } from './memory-room.ts'

const host = { '/proc/meminfo': 'MemTotal:       16000000 kB\nMemAvailable:    8388608 kB\n' }
const reader = (files: Record<string, string>) => (path: string) => ({ ...host, ...files })[path] ?? null

test('takes the tightest limit of all cgroups above the process, with version 2', () => {
  const room = readMemoryRoom(
    reader({
      '/proc/self/cgroup': '0::/kubepods/pod1/web\n',
      '/sys/fs/cgroup/kubepods/pod1/web/memory.max': 'max\n',
      '/sys/fs/cgroup/kubepods/pod1/web/memory.current': `${100 * MiB}\n`,
      '/sys/fs/cgroup/kubepods/pod1/memory.max': `${512 * MiB}\n`,
      '/sys/fs/cgroup/kubepods/pod1/memory.current': `${400 * MiB}\n`,
      '/sys/fs/cgroup/kubepods/pod1/memory.stat': `anon 1\ninactive_file ${40 * MiB}\n`,
      '/sys/fs/cgroup/kubepods/memory.max': `${4 * GiB}\n`,
      '/sys/fs/cgroup/kubepods/memory.current': `${1 * GiB}\n`,
    }),
  )
  expect(room).toEqual({ freeBytes: 152 * MiB, limitBytes: 512 * MiB, limitedBy: 'container' })
})

test('with version 2, the line from which the kernel slows everybody down is a limit too', () => {
  const room = readMemoryRoom(
    reader({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': 'max\n',
      '/sys/fs/cgroup/memory.high': `${300 * MiB}\n`,
      '/sys/fs/cgroup/memory.current': `${100 * MiB}\n`,
    }),
  )
  expect(room).toEqual({ freeBytes: 200 * MiB, limitBytes: 300 * MiB, limitedBy: 'container' })
})

test('reads version 1, whose path inside a container may not be mounted, so that only the root is there', () => {
  const room = readMemoryRoom(
    reader({
      '/proc/self/cgroup': '9:cpu,cpuacct:/\n4:memory:/docker/abc\n0::/\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${256 * MiB}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${200 * MiB}\n`,
      '/sys/fs/cgroup/memory/memory.stat': `inactive_file 5\ntotal_inactive_file ${6 * MiB}\n`,
    }),
  )
  expect(room).toEqual({ freeBytes: 62 * MiB, limitBytes: 256 * MiB, limitedBy: 'container' })
})

test('without a limit the host counts', () => {
  const unlimited = {
    '/proc/self/cgroup': '4:memory:/\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1\n',
  }
  expect(readMemoryRoom(reader(unlimited))).toMatchObject({ freeBytes: 8 * GiB, limitedBy: 'host' })
})

test('a newcomer fits only when the reserve stays free', () => {
  const room = { freeBytes: 152 * MiB, limitBytes: 512 * MiB, limitedBy: 'container' as const }
  expect(judgeRoom(room, 120 * MiB).hasRoom).toBe(true)
  expect(judgeRoom(room, 130 * MiB)).toEqual({
    hasRoom: false,
    sentence: '152 MB of the container’s 512 MB are free; a replacement needs 130 MB and 25.6 MB stay in reserve',
  })
})

test('reads what another process holds', () => {
  expect(readRssBytes(7, (path) => (path === '/proc/7/status' ? 'Name:\tnode\nVmRSS:\t   2048 kB\n' : null))).toBe(
    2 * MiB,
  )
  expect(readRssBytes(7, () => null)).toBeNull()
})
