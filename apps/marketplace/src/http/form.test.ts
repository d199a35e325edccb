import { expect, test } from 'vitest'
import { cleanText, Form } from './form.ts'

test('tells all that is wrong at once, each beside its field', () => {
  const form = new Form({ name: '  ', stock: '1e3', condition: 'mint' })
  form.text('name', { maxLength: 60, ask: 'A name, please.' })
  form.integer('stock', { min: 0, max: 99 })
  form.choice('condition', ['new', 'worn'])
  expect(form.errors).toEqual({
    name: 'A name, please.',
    stock: 'A whole number from 0 to 99, please.',
    condition: 'Please choose one of these.',
  })
  expect(form.isSound).toBe(false)
})

test('a text beyond its limit says how long it is', () => {
  const form = new Form({ name: 'x'.repeat(61) })
  form.text('name', { maxLength: 60, ask: 'A name, please.' })
  expect(form.errors['name']).toBe('At most 60 characters, please; this has 61.')
})

test('takes what no field can hold out of a text: NUL, other control characters, runs of blanks', () => {
  expect(cleanText(' a\u0000b\t\n c ')).toBe('a b c')
  expect(cleanText('one\r\ntwo\u0000\u0001', true)).toBe('one\ntwo')
})

test('cannot be made to write a slot mark into a page', () => {
  expect(cleanText('\u0001csrf\u0002')).toBe('csrf')
})

test('a body that is no form, and names of inherited properties, read as empty', () => {
  expect(new Form('text').typed('constructor')).toBe('')
  expect(new Form(null).typed('x')).toBe('')
  expect(new Form({}).typed('toString')).toBe('')
})

test('a repeated field gives its first value, or all of them up to a bound', () => {
  const form = new Form({ line: ['1', '2', '3'] })
  expect(form.typed('line')).toBe('1')
  expect(form.all('line', 2)).toEqual(['1', '2'])
})
