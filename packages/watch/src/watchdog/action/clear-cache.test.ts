import type { CacheHandle, Command } from '@plimsoll/core/wire'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { runCacheAction } from './clear-cache.ts'

function service() {
  const held = { bytes: 40e6, isKnownCleared: false }
  const handle: CacheHandle = {
    name: 'pages',
    createdAt: null,
    report: () => ({}) as never,
    clear: () => void (held.bytes = 0),
  }
  return { held, handle }
}

async function run(
  command: Partial<Command>,
  handles: CacheHandle[],
  held: { bytes: number; isKnownCleared: boolean },
) {
  const clock = new ManualClock()
  const outcome = runCacheAction(command as Command, {
    clock,
    find: (name) => handles.filter((handle) => handle.name === name),
    measureBytes: () => 10e6 + held.bytes,
    noteCleared: () => void (held.isKnownCleared = true),
  })
  await clock.advanceAsync(1000)
  return outcome
}

test('clearing tells what it freed', async () => {
  const { held, handle } = service()
  const outcome = await run({ kind: 'clear-cache', cache: 'pages' }, [handle], held)
  expect(outcome).toMatchObject({ status: 'done', effect: { beforeBytes: 50e6, afterBytes: 10e6 } })
  expect(outcome.sentence).toBe('Cleared the cache "pages"; that freed 38.1 MB (now 9.5 MB).')
  expect(held.isKnownCleared).toBe(true)
})

test('clearing without an effect says so', async () => {
  const { held, handle } = service()
  held.bytes = 1000
  expect((await run({ kind: 'clear-cache', cache: 'pages' }, [handle], held)).sentence).toContain(
    'freed nothing worth telling',
  )
})

test('an unknown cache, and one that cannot shrink, are refused with a reason', async () => {
  const { held, handle } = service()
  expect(await run({ kind: 'clear-cache', cache: 'other' }, [handle], held)).toMatchObject({ status: 'refused' })
  expect((await run({ kind: 'shrink-cache', cache: 'pages', toBytes: 5 }, [handle], held)).sentence).toContain(
    'not shrunk',
  )
  expect(held.bytes).toBe(40e6)
})
