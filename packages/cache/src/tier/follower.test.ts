import { expect, test } from 'vitest'
import { encodeChange, Follower, parseChange, type Change } from './follower.ts'

const change = (name: string): Change => ({ kind: 'key', cache: 'pages', name, origin: 'other' })
const reply = (life: string, seq: number, names: string[]) => ({ life, seq, changes: names.map(change), serverMs: 0 })

function following(): Follower {
  const follower = new Follower()
  follower.learn(reply('a', 5, []), { sinceSeq: 0, sentAtMs: 100 })
  return follower
}

test('heeds no message before a poll has said which server answers', () => {
  const follower = new Follower()
  expect(follower.hear('a', 1)).toBe('ignore')
  expect(follower.learn(reply('a', 5, []), { sinceSeq: 0, sentAtMs: 100 })).toBe(null)
  expect(follower).toMatchObject({ life: 'a', seq: 5, confirmedAtMs: 100, isTrusted: true })
})

test('applies the next message, ignores what it has applied, and polls where one is missing or the life is new', () => {
  const follower = following()
  expect(follower.hear('a', 6)).toBe('apply')
  expect(follower.hear('a', 6)).toBe('ignore')
  expect(follower.hear('a', 8)).toBe('poll')
  expect(follower.hear('b', 7)).toBe('poll')
  expect(follower.seq).toBe(6)
})

test('no message confirms anything: only a poll does, up to when it was sent', () => {
  const follower = following()
  follower.hear('a', 6)
  expect(follower.confirmedAtMs).toBe(100)
  follower.learn(reply('a', 6, []), { sinceSeq: 6, sentAtMs: 200 })
  expect(follower.confirmedAtMs).toBe(200)
})

test('a poll brings what messages have not, even if they overtake it', () => {
  const follower = following()
  follower.hear('a', 6)
  const news = follower.learn(reply('a', 8, ['6', '7', '8']), { sinceSeq: 5, sentAtMs: 200 })
  expect(news!.map(({ name }) => name)).toEqual(['7', '8'])
  follower.hear('a', 9)
  expect(follower.learn(reply('a', 8, ['6', '7', '8']), { sinceSeq: 5, sentAtMs: 300 })).toEqual([])
  expect(follower.seq).toBe(9)
})

test('everything has to go when the log has forgotten some, or the life is new', () => {
  expect(following().learn(reply('a', 8, ['7', '8']), { sinceSeq: 5, sentAtMs: 200 })).toBe(null)
  const follower = following()
  expect(follower.learn(reply('b', 2, ['1', '2']), { sinceSeq: 5, sentAtMs: 200 })).toBe(null)
  expect(follower).toMatchObject({ life: 'b', seq: 2 })
})

test('after a loss it heeds nothing until a poll is answered', () => {
  const follower = following()
  follower.lose()
  expect(follower.hear('a', 6)).toBe('ignore')
  expect(follower.learn(reply('a', 6, ['6']), { sinceSeq: 5, sentAtMs: 200 })).toHaveLength(1)
  expect(follower.isTrusted).toBe(true)
})

test('a change is read as it was written, and what is none is none', () => {
  const odd = { ...change('a "b"\n{c} d'), kind: 'tag' as const }
  expect(parseChange(encodeChange(odd))).toEqual(odd)
  for (const text of ['', '{}', '[]', '["o","what","c","n"]', '["o","key","c",1]']) expect(parseChange(text)).toBe(null)
})
