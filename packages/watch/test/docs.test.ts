import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { metricNames } from '../src/report/metrics.ts'

const read = (file: string) => readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8')

test('every metric is in the guide, with its kind and what it says', () => {
  const guide = read('guide/metrics.md')
  for (const [name, { type, help }] of Object.entries(metricNames))
    expect(guide).toContain(`| \`${name}\` | ${type} | ${help} |`)
})

test.each(['prometheus/rules.yml', 'prometheus/dashboard.json'])('%s speaks of no metric that is not there', (file) => {
  const used = new Set(read(file).match(/\b(?:plimsoll|nodejs|process)_[a-z0-9_]+/g))
  expect(used.size).toBeGreaterThan(4)
  expect([...used].filter((name) => !(name in metricNames))).toEqual([])
})
