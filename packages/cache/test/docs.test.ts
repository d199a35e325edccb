import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const pages = [
  'packages/cache/README.md',
  'docs/guide/cache-migration.md',
  'docs/guide/cache-adapters.md',
  'docs/guide/cache-stores.md',
]

for (const page of pages) {
  const examples = [...readFileSync(new URL(page, root), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)]
  test(`${page} has examples`, () => expect(examples.length).toBeGreaterThan(0))
  examples.forEach(([, source], at) =>
    test(`${page}: example ${at + 1} runs as it stands`, async () => {
      // Where the package is found by its name, as in a user's project.
      const folder = new URL('node_modules/.cache/plimsoll-docs/', root)
      mkdirSync(folder, { recursive: true })
      const file = fileURLToPath(new URL(`${page.replaceAll('/', '-')}-${at}.mjs`, folder))
      writeFileSync(file, source!)
      await import(/* @vite-ignore */ pathToFileURL(file).href)
    }),
  )
}
