import { expect, test } from 'vitest'
import { ColumnPool } from './column-pool.ts'

test('what is given back is taken again, whole, and no two takers share it', () => {
  const pool = new ColumnPool()
  const first = pool.take(10)
  pool.give(first.subarray(0, 4))
  const again = pool.take(10)
  expect(again.buffer).toBe(first.buffer)
  expect(again.length).toBe(10)
  expect(pool.take(10).buffer).not.toBe(first.buffer)
})

test('a column that is too short is left for others, and a longer one is cut', () => {
  const pool = new ColumnPool()
  pool.give(new Uint32Array(3), new Uint32Array(8))
  expect(pool.take(5)).toHaveLength(5)
  expect(pool.take(5).buffer.byteLength).toBe(20)
  expect(pool.take(2).buffer.byteLength).toBe(12)
})
