import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Turn } from './turn.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-turn-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('one worker acts at a time', () => {
  const [first, second] = [new Turn('shop#7', folder), new Turn('shop#7', folder)]
  expect(first.take()).toBe(true)
  expect(first.take()).toBe(true)
  expect(second.take()).toBe(false)
  first.give()
  expect(second.take()).toBe(true)
})

test('a turn whose holder died is free again after a while', () => {
  const [dead, next] = [new Turn('shop#7', folder), new Turn('shop#7', folder)]
  dead.take()
  expect(next.take(Date.now() + 60_000)).toBe(false)
  expect(next.take()).toBe(true)
})

test('giving back what is not one’s own takes it from nobody', () => {
  const [first, second] = [new Turn('shop#7', folder), new Turn('shop#7', folder)]
  first.take()
  second.give()
  expect(second.take()).toBe(false)
})

test('without siblings, or without a place for the file, nobody waits', () => {
  expect(new Turn(null, folder).take()).toBe(true)
  expect(new Turn('shop#7', join(folder, 'missing')).take()).toBe(true)
})
