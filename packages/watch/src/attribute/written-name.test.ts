import { expect, test } from 'vitest'
import { writtenName } from './written-name.ts'

test('a name that a minifier made is told as it was written', () => {
  expect(writtenName('m', "  if (!id.startsWith('known-')) pages.set(id, page)", 35)).toBe('pages')
  expect(writtenName('g.#e', '    this.#pages.set(id, page)', 16)).toBe('#pages')
  expect(writtenName('t.a', '  state.byId[id] = page', 3)).toBe('state.byId')
  expect(writtenName("e.on('x')", "  config.on('change', listener)", 10)).toBe('config')
})

test('of several writes in a line, the nearest', () => {
  const line = 'seen.add(id); pages.set(id, page); order.push(id)'
  expect(writtenName('m', line, line.indexOf('pages.set') + 7)).toBe('pages')
})

test('a name that nobody changed keeps its whole path', () => {
  expect(writtenName('store.#pages', '    this.#pages.set(id, page)', 16)).toBeNull()
  expect(writtenName('m', '  return page === known', 3)).toBeNull()
})
