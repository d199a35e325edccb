import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openApi } from '../src/api/open-api/document.ts'
import { parseConfigText } from '../src/config-file.ts'
import { metrics } from '../src/rule/rule-file.ts'

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

test('the guides name each metric there is, and no route that there is not', () => {
  const read = (path: string) => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8')
  const guide = read('guide/console.md')
  const [line = ''] = /^A rule's metrics: .*$/m.exec(guide) ?? []
  const named = [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
  expect(Object.keys(metrics).filter((name) => !named.includes(name))).toEqual([])
  const known = Object.keys(openApi.paths).map((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`))
  const routes = [
    ...`${guide} ${read('runbook/on-call.md')}`.matchAll(/(?:POST|GET|DELETE) `?(\/api\/v[12]\/[\w/-]+)/g),
  ]
  expect(routes.length).toBeGreaterThan(2)
  expect(routes.map(([, path]) => path!).filter((path) => !known.some((one) => one.test(path)))).toEqual([])
})
