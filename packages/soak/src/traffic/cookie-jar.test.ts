import { expect, test } from 'vitest'

import { CookieJar } from './cookie-jar.ts'

const nowMs = Date.UTC(2023, 4, 10)

test('gives back what it was given, newest value last, without attributes', () => {
  const jar = new CookieJar()
  expect(jar.header).toBe('')
  jar.take(['sid=abc; Path=/; HttpOnly; SameSite=Lax', 'theme=dark'], nowMs)
  jar.take(['sid=def; Max-Age=3600'], nowMs)
  expect(jar.header).toBe('cookie: theme=dark; sid=def\r\n')
})

test('forgets what has expired', () => {
  const jar = new CookieJar()
  jar.take(['a=1', 'b=2', 'c=3'], nowMs)
  jar.take(
    ['a=; Max-Age=0', 'b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'c=4; Expires=Fri, 10 May 2024 00:00:00 GMT'],
    nowMs,
  )
  expect(jar.header).toBe('cookie: c=4\r\n')
})

test('stays small whatever a server sets, and passes over what is no cookie', () => {
  const jar = new CookieJar()
  for (let index = 0; index < 1000; index++) jar.take([`c${index}=${'x'.repeat(10_000)}`, '; nonsense', '=x'], nowMs)
  expect(jar.header.length).toBeLessThan(50 * 4100)
  expect(jar.header).toContain('c999=')
  expect(jar.header).not.toContain('c1=')
})
