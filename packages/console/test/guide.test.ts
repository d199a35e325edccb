import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfigText } from '../src/config-file.ts'

test('the configuration in the guide is one', () => {
  const guide = readFileSync(new URL('../../../docs/guide/console.md', import.meta.url), 'utf8')
  const [, text = ''] = /## The configuration[\s\S]*?```yaml\n([\s\S]*?)```/.exec(guide) ?? []
  const config = parseConfigText(text, 'docs/guide/console.md')
  expect(config.rules.map(({ name, threshold }) => [name, threshold])).toEqual([
    ['resident memory', 800 * 1024 * 1024],
    ['few workers', 2],
  ])
  expect(config.teams.flatMap(({ contacts }) => contacts).map(({ channel }) => channel)).toHaveLength(5)
})
