import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { pageByUrl } from '../leak/pages-by-url.ts'
import { createPageCache, slotMark, type PageRequest } from './page-cache.ts'

function ask(changes: Partial<PageRequest> = {}, rendered: string[] = []): PageRequest {
  return {
    key: '/p/1',
    url: '/p/1?utm=x',
    sessionToken: 'one',
    tags: ['listing:1'],
    render: async () => {
      rendered.push('render')
      return `<p>Teapot</p><i>${slotMark('bag')}</i>${slotMark('csrf')}`
    },
    fill: (slot) => `[${slot} of visitor]`,
    ...changes,
  }
}

test('renders once for many who ask at the same time, and fills in what is the visitor’s', async () => {
  const pages = createPageCache({ clock: new ManualClock() })
  const rendered: string[] = []
  const answers = await Promise.all(Array.from({ length: 20 }, () => pages.serve(ask({}, rendered))))
  expect(rendered).toHaveLength(1)
  expect(answers[0]!.toString()).toBe('<p>Teapot</p><i>[bag of visitor]</i>[csrf of visitor]')
  const warm = pages.serve(ask({ fill: () => 'other' }, rendered))
  expect(warm).toBeInstanceOf(Buffer)
  expect(String(warm)).toContain('<i>other</i>')
})

test('a page without slots is the same buffer each time', async () => {
  const pages = createPageCache({ clock: new ManualClock() })
  const request = ask({ render: async () => '<p>plain</p>' })
  await pages.serve(request)
  expect(pages.serve(request)).toBe(pages.serve(request))
})

test('renders again when what it shows has changed, or when it is old', async () => {
  const clock = new ManualClock()
  const pages = createPageCache({ clock, ttlMs: 1_000 })
  const rendered: string[] = []
  await pages.serve(ask({}, rendered))
  pages.invalidateTag('listing:2')
  await pages.serve(ask({}, rendered))
  expect(rendered).toHaveLength(1)
  pages.invalidateTag('listing:1')
  await pages.serve(ask({}, rendered))
  clock.advance(1_001)
  await pages.serve(ask({}, rendered))
  expect(rendered).toHaveLength(3)
})

test('what rendering throws passes through, and is not kept', async () => {
  const pages = createPageCache({ clock: new ManualClock() })
  const failing = ask({ render: () => Promise.reject(new Error('no such listing')) })
  await expect(pages.serve(failing)).rejects.toThrow('no such listing')
  expect(String(await pages.serve(ask()))).toContain('Teapot')
})

test('the historical cache keeps a page for every URL and session, the cured one for the page alone', async () => {
  const pages = createPageCache({ clock: new ManualClock() })
  const rendered: string[] = []
  const visits = [
    { url: '/p/1?utm=a', sessionToken: 'one' },
    { url: '/p/1?utm=b', sessionToken: 'one' },
    { url: '/p/1?utm=a', sessionToken: 'two' },
    { url: '/p/1?utm=a', sessionToken: 'one' },
  ]
  for (const visit of visits) await pages.serve(ask(visit, rendered))
  expect(rendered).toHaveLength(1)
  pages.useHistorical(pageByUrl)
  for (const visit of visits) await pages.serve(ask(visit, rendered))
  expect(rendered).toHaveLength(4)
  pages.useHistorical(null)
  await pages.serve(ask({}, rendered))
  expect(rendered).toHaveLength(4)
})
