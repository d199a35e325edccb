import { createSocket, Socket } from 'node:dgram'
import { expect, test } from 'vitest'
import { findRoots } from './roots.ts'

test("a handle's getters are not asked", async () => {
  const peer = createSocket('udp4')
  Object.setPrototypeOf(
    peer,
    Object.create(Socket.prototype, {
      server: {
        get() {
          throw new Error('not joined yet')
        },
      },
    }) as object,
  )
  await new Promise<void>((resolve) => peer.bind(0, '127.0.0.1', resolve))
  try {
    expect(findRoots([]).map(({ value }) => value)).toContain(peer)
  } finally {
    peer.close()
  }
})
