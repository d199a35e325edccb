import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import type { Account } from './store/accounts.ts'
import type { SessionStore } from './store/sessions.ts'
import { createVisits } from './visit.ts'

const account: Account = { id: 7, email: 'a@b.example', name: 'A', shopId: null, shopName: null }

/** Sessions in a Map, counting how often somebody looks. */
function createSessions() {
  const open = new Map<string, number>()
  const looks = { count: 0 }
  const store: SessionStore = {
    async find(hash) {
      looks.count++
      return open.has(hash.toString('hex')) ? account : null
    },
    async open(hash, accountId) {
      open.set(hash.toString('hex'), accountId)
      return 3
    },
    async close(hash) {
      open.delete(hash.toString('hex'))
    },
  }
  return { store, looks }
}

function createSubject(isSecure = false) {
  const { store, looks } = createSessions()
  const clock = new ManualClock()
  const changes: string[] = []
  const visits = createVisits({
    sessions: store,
    clock,
    isSecure,
    onSessionChange(tag) {
      changes.push(tag)
      visits.invalidateTag(tag)
      return Promise.resolve()
    },
  })
  return { visits, looks, clock, changes }
}

const cookieOf = (setCookie: string) => setCookie.split(';')[0]!

test('a newcomer gets a token without anybody looking into the database', () => {
  const { visits, looks } = createSubject()
  const visit = visits.read(undefined)
  expect(visit).toMatchObject({ isNew: true, account: null, bagCount: 0 })
  expect(looks.count).toBe(0)
})

test('a token is looked up once, then answered at once, and again when it is old', async () => {
  const { visits, looks, clock } = createSubject()
  const cookie = cookieOf(visits.sessionCookie(await visits.read(undefined)))
  expect(await visits.read(`theme=dark; ${cookie}; shop_bag=4`)).toMatchObject({ isNew: false, bagCount: 4 })
  expect(visits.read(cookie)).not.toBeInstanceOf(Promise)
  expect(looks.count).toBe(1)
  clock.advance(60_000)
  await visits.read(cookie)
  expect(looks.count).toBe(2)
})

test('signing in takes a new token, and signing out ends it at once', async () => {
  const { visits, changes } = createSubject()
  const guest = await visits.read(undefined)
  const member = await visits.signIn(guest, account)
  expect(member).toMatchObject({ account, bagCount: 3 })
  expect(member.token).not.toBe(guest.token)
  const cookie = cookieOf(visits.sessionCookie(member))
  expect((await visits.read(cookie)).account).toEqual(account)
  const after = await visits.signOut(member)
  expect(after).toMatchObject({ isNew: true, account: null })
  expect((await visits.read(cookie)).account).toBeNull()
  expect(changes).toHaveLength(1)
})

test('who signs in while signed in leaves no session behind', async () => {
  const { visits, changes } = createSubject()
  const member = await visits.signIn(await visits.read(undefined), account)
  const before = cookieOf(visits.sessionCookie(member))
  const again = await visits.signIn(await visits.read(before), account)
  expect((await visits.read(before)).account).toBeNull()
  expect((await visits.read(cookieOf(visits.sessionCookie(again)))).account).toEqual(account)
  expect(changes).toHaveLength(1)
})

test('the token in a form is that of the session and of no other', async () => {
  const { visits } = createSubject()
  const [one, other] = [await visits.read(undefined), await visits.read(undefined)]
  expect(visits.isCsrfToken(one, one.csrfToken)).toBe(true)
  for (const wrong of [other.csrfToken, '', 'x', undefined, 5, one.token])
    expect(visits.isCsrfToken(one, wrong)).toBe(false)
})

test.each([
  'shop_session=short',
  'other_shop_session=' + 'a'.repeat(43),
  'shop_session=' + '<'.repeat(43),
  'shop_session',
  '',
])('a cookie that cannot be ours is a newcomer: %s', async (header) => {
  const { visits, looks } = createSubject()
  expect((await visits.read(header)).isNew).toBe(true)
  expect(looks.count).toBe(0)
})

test('a count that cannot be one is no count', async () => {
  const { visits } = createSubject()
  const cookie = cookieOf(visits.sessionCookie(await visits.read(undefined)))
  for (const bag of ['-3', '1e9', 'x', '2.5', '']) {
    expect((await visits.read(`${cookie}; shop_bag=${bag}`)).bagCount).toBe(bag === '1e9' ? 9999 : 0)
  }
})

test('in production cookies are for HTTPS and this host alone', () => {
  const { visits } = createSubject(true)
  const cookie = visits.bagCookie(2)
  expect(cookie).toMatch(/^__Host-shop_bag=2; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/)
})
