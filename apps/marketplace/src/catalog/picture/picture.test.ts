import { expect, test } from 'vitest'
import { categories } from '../categories.ts'
import { drawPicture, shapes } from './picture.ts'

const kinds = categories.flatMap(({ slug: categorySlug, kinds: ofCategory }) =>
  ofCategory.map(({ slug, nouns }) => ({ categorySlug, slug, noun: nouns[0]! })),
)

test('every kind has a shape, and every shape a kind', () => {
  expect(Object.keys(shapes).sort()).toEqual(kinds.map(({ slug }) => slug).sort())
})

test.each(kinds)('a $slug is well-formed SVG of at most 12 KB, whatever the id', ({ categorySlug, noun }) => {
  for (let id = 0; id < 60; id++) {
    const picture = drawPicture({ id, title: `Old ${noun}`, categorySlug })
    expect(faultOf(picture), picture).toBe(null)
    expect(picture.length).toBeLessThan(12_000)
  }
})

test('the same listing has the same picture, and its neighbour another', () => {
  const subject = { id: 7, title: 'Stoneware teapot', categorySlug: 'kitchen' }
  expect(drawPicture(subject)).toBe(drawPicture(subject))
  expect(drawPicture(subject)).not.toBe(drawPicture({ ...subject, id: 8 }))
})

test('nothing a seller typed reaches the file', () => {
  const title = '"><script>alert(1)</script> red teapot'
  expect(drawPicture({ id: 1, title, categorySlug: 'no-such' })).not.toContain('script')
})

test('a title that names a colour is painted in it', () => {
  const hues = [1, 2, 3].map((id) => drawPicture({ id, title: 'Black teapot', categorySlug: 'kitchen' }))
  for (const picture of hues) expect(picture).toContain('#35')
})

/** What keeps the text from being well-formed XML, as far as we can go wrong: a tag left open, an attribute twice, "undefined", "NaN". */
function faultOf(xml: string): string | null {
  const open: string[] = []
  for (const [tag, isEnd, name, attributes = '', isEmpty] of xml.matchAll(
    /<(\/?)([\w]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    const names = [...attributes.matchAll(/([\w:-]+)=/g)].map((match) => match[1])
    if (new Set(names).size !== names.length) return `twice the same attribute: ${tag}`
    if (isEnd === '/' && open.pop() !== name) return `ends what is not open: ${tag}`
    if (isEnd !== '/' && isEmpty !== '/') open.push(name!)
  }
  if (open.length > 0) return `left open: ${open.join(' ')}`
  const rest = xml.replaceAll(/<(\/?)([\w]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, '')
  if (rest !== '') return `no tag: ${rest.slice(0, 80)}`
  return /undefined|NaN|Infinity/.test(xml) ? 'a number that is none' : null
}
