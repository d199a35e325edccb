import Ajv from 'ajv'
import { expect, test } from 'vitest'
import { Reader } from './reader.ts'
import { shapeOf } from './reader-shape.ts'

const readOrder = (reader: Reader) => ({
  name: reader.object().at('name').string({ minLength: 1, maxLength: 5 }),
  note: reader.at('note').stringOrNull({ maxLength: 3 }),
  kind: reader.at('kind').oneOf(['fast', 'slow']),
  isGift: reader.at('isGift').boolean({ fallback: false }),
  lines: reader.at('lines').list((line) => line.at('count').integer({ min: 1, max: 9 }), { maxLength: 2 }),
  weight: reader.at('box').at('weight').number({ min: 0, fallback: 0 }),
  labels: reader.at('labels').record((label) => label.string(), { maxKeys: 1 }),
  paid: reader.at('paid').orNull((paid) => paid.at('atMs').number()),
})

test('the shape that is told takes and refuses what the reader does', () => {
  const validate = new Ajv().compile(shapeOf(readOrder))
  const good = { name: 'rope', kind: 'fast', lines: [{ count: 1 }] }
  const orders: [unknown, boolean][] = [
    [good, true],
    [{ ...good, note: null, box: { weight: null }, labels: { a: 'b' }, paid: { atMs: 1 }, later: 'unknown' }, true],
    [{ ...good, name: '' }, false],
    [{ ...good, name: 'anchor' }, false],
    [{ ...good, note: 'long' }, false],
    [{ ...good, kind: 'odd' }, false],
    [{ ...good, isGift: 'yes' }, false],
    [{ ...good, lines: [{ count: 0 }] }, false],
    [{ ...good, lines: [{ count: 1.5 }] }, false],
    [{ ...good, lines: [{ count: 1 }, { count: 1 }, { count: 1 }] }, false],
    [{ ...good, box: { weight: -1 } }, false],
    [{ ...good, labels: { a: 'b', c: 'd' } }, false],
    [{ ...good, paid: {} }, false],
    [{ kind: 'fast' }, false],
    ['rope', false],
  ]
  for (const [order, isRight] of orders) {
    const reader = new Reader(order)
    readOrder(reader)
    expect({ order, read: reader.faults.length === 0, told: validate(order) }).toEqual({
      order,
      read: isRight,
      told: isRight,
    })
  }
})
