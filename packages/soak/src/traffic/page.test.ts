import fc from 'fast-check'
import { expect, test } from 'vitest'

import { decodeEntities, parsePage } from './page.ts'

test('finds forms with the fields a browser would send untouched', () => {
  const { forms } = parsePage(`<!doctype html>
    <form method="post" action="/cart?from=a&amp;b=1"><input type=hidden name=csrf value='t&quot;k'>
      <input name="quantity" value="1" type="number"><INPUT NAME="note"><input type=hidden name=line value=1><input type=hidden name=line value=2>
      <input type="checkbox" name="gift" checked><input type="checkbox" name="news"><input type="radio" name="ship" value="air">
      <input type="radio" name="ship" value="sea" checked><input name="gone" value="1" disabled><input type="file" name="photo">
      <select name="colour"><option value="red">Red<option value="blue" selected>Blue</select>
      <select name="size"><option value="s">S</option><option value="m">M</option></select>
      <textarea name="text">a &lt;b&gt; <input name="fake"></textarea>
      <button name="act" value="add">Add</button><button type="button" name="no">No</button><input type="submit" name="act" value="buy">
    </form><form><input name=q></form>`)
  expect(forms).toEqual([
    {
      method: 'POST',
      action: '/cart?from=a&b=1',
      fields: [
        ['csrf', 't"k'],
        ['quantity', '1'],
        ['note', ''],
        ['line', '1'],
        ['line', '2'],
        ['gift', 'on'],
        ['ship', 'sea'],
        ['colour', 'blue'],
        ['size', 's'],
        ['text', 'a <b> <input name="fake">'],
      ],
      buttons: [
        { name: 'act', value: 'add' },
        { name: 'act', value: 'buy' },
      ],
    },
    { method: 'GET', action: '', fields: [['q', '']], buttons: [] },
  ])
})

test('finds links, and none in comments, scripts or attributes', () => {
  const { links } = parsePage(`<a href="/p/1">One</a><A class=x HREF='/p/2?a=1&amp;b=2'>Two</A><a href=/p/3>3</a>
    <!-- <a href="/no"> --><script>"<a href='/no'>"</script><p title="<a href='/no'>">x</p><a name="anchor">x</a> 1 < 2 <a href="/p/4"`)
  expect(links).toEqual(['/p/1', '/p/2?a=1&b=2', '/p/3', '/p/4'])
})

test('decodes the entities that servers write', () => {
  expect(decodeEntities('&lt;&amp;&#39;&#x27;&quot;&nbsp;&unknown;&#0;&#x110000;')).toBe(
    "<&''\"\u00a0&unknown;&#0;&#x110000;",
  )
})

test('never throws, whatever the page is', () => {
  const scraps = fc.constantFrom(
    '<',
    '>',
    '<a ',
    'href=',
    '"',
    "'",
    '=',
    '<form ',
    '<input name=x ',
    '<!--',
    '-->',
    '<script>',
    '</script>',
    '<select>',
    '<textarea>',
    '&#',
    ' ',
    'x',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(scraps, fc.string()), { maxLength: 60 }), (parts) => {
      parsePage(parts.join(''))
    }),
  )
})

test.each(['<a href="', '<a ', '<', "<a b='", '<!--', '<script>', '<a =', '<a / '])(
  'is linear in the length of a page of nothing but %s',
  (scrap) => {
    const startedMs = performance.now()
    parsePage(scrap.repeat(200_000))
    expect(performance.now() - startedMs).toBeLessThan(3000)
  },
)
