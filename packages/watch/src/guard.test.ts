import { expect, test } from 'vitest'
import { createGuard } from './guard.ts'

test('what throws inside the host is swallowed, told once, and left out when it goes on', () => {
  const told: string[] = []
  const guard = createGuard((where) => told.push(where))
  let callCount = 0
  const act = guard('beat', () => {
    callCount++
    throw new Error('broken')
  })
  for (let call = 0; call < 100; call++) act()
  expect(told).toEqual(['beat'])
  expect(callCount).toBe(20)
})

test('a teller that throws does no harm either', () => {
  const guard = createGuard(() => {
    throw new Error('nobody listens')
  })
  expect(() =>
    guard('x', () => {
      throw new Error('y')
    })(),
  ).not.toThrow()
})
