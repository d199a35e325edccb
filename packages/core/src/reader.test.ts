import { expect, test } from 'vitest'
import { InvalidOptionError } from './error.ts'
import { Reader } from './reader.ts'

test('tells every fault at once, each with the place where it stands', () => {
  const reader = new Reader({ name: 7, items: [{ count: 1 }, { count: -1 }, { count: 'x' }] })
  reader.at('name').string()
  reader.at('items').list((item) => item.at('count').integer({ min: 0 }))
  expect(() => reader.finish('Order')).toThrow(InvalidOptionError)
  expect(reader.faults).toEqual([
    { where: 'name', what: 'must be a string' },
    { where: 'items[1].count', what: 'must be between 0 and Infinity, and is -1' },
    { where: 'items[2].count', what: 'must be a finite number' },
  ])
})

test('stops counting faults at ten, however wrong the body', () => {
  const reader = new Reader(Array.from({ length: 1000 }, () => null))
  reader.list((item) => item.string())
  expect(reader.faults).toHaveLength(10)
})

test('refuses lists and strings beyond their bound instead of reading them', () => {
  const reader = new Reader({ list: [1, 2, 3], text: 'abc' })
  expect(reader.at('list').list((item) => item.number(), { maxLength: 2 })).toEqual([])
  expect(reader.at('text').string({ maxLength: 2 })).toBe('')
  expect(reader.faults).toHaveLength(2)
})

test('never reads inherited properties, so a body cannot reach a prototype', () => {
  const reader = new Reader(JSON.parse('{"__proto__": {"admin": true}}'))
  expect(reader.at('admin').isAbsent).toBe(true)
  expect(reader.at('toString').isAbsent).toBe(true)
})

test('names unknown keys together with the known ones', () => {
  const reader = new Reader({ prot: 1 }).onlyKeys(['port', 'host'])
  expect(() => reader.finish('Configuration')).toThrow('Configuration: prot is unknown (known: port, host).')
})

test('what no store takes is replaced, in values and in names, and whole characters are kept', () => {
  const reader = new Reader({ text: 'a\0b\ud800c⛵\udc00', labels: { 'k\0': 'v' } })
  expect(reader.at('text').string()).toBe('a\ufffdb\ufffdc⛵\ufffd')
  expect(reader.at('labels').record((value) => value.string())).toEqual({ 'k\ufffd': 'v' })
})
