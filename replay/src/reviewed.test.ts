import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { alterShop } from './altered-shop.ts'
import { applySuggestion } from './reviewed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the shop is copied with the suggestion for the page cache, and nothing of the copy stays', () => {
  const shop = alterShop(root, 'pages-by-url', applySuggestion)
  const leak = join(dirname(shop.main), 'leak', 'pages-by-url.js')
  const altered = readFileSync(leak, 'utf8')
  const original = readFileSync(join(root, 'apps/marketplace/dist/leak/pages-by-url.js'), 'utf8')
  shop.remove()

  expect(original).toContain('const pages = new Map()')
  expect(altered).toContain("import { createCache } from '@plimsoll/cache'")
  expect(altered).toMatch(/const pages = createCache\(\{ name: 'pages', maxBytes: \d+ \* 1024 \* 1024 \}\)/)
  expect(existsSync(shop.main)).toBe(false)
})
