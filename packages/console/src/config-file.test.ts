import { InvalidOptionError, MINUTE_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { parseConfig, parseConfigText } from './config-file.ts'
import { policyOf } from './config.ts'

test('nothing configured is a console that watches, touches nothing and calls nobody', () => {
  const config = parseConfigText('', 'plimsoll.yaml')
  expect(config.escalation.levels).toEqual([])
  expect(policyOf(config, 'web')).toMatchObject({
    name: 'web',
    act: 'observe',
    proofMs: 30 * MINUTE_MS,
    databaseUrl: null,
  })
})

test('a service takes from the policy for all what it does not say itself', () => {
  const config = parseConfigText(
    `
policy: { act: ask, proof: 10m }
services:
  - name: web
    act: safe
    database: postgres://web@db.example.org/shop
    ownership: [{ path: src/catalog/, team: catalog }]
teams:
  - { name: catalog, contacts: [{ webhook: https://hooks.example.org/catalog }] }
`,
    'plimsoll.yaml',
  )
  expect(policyOf(config, 'web')).toMatchObject({ act: 'safe', proofMs: 10 * MINUTE_MS })
  expect(policyOf(config, 'other')).toMatchObject({ act: 'ask', databaseUrl: null, ownership: [] })
})

test('all faults of a file are told at once, each with its place', () => {
  const faulty = {
    services: [
      { name: 'web', act: 'maybe', proof: '10', ownership: [{ path: 'a', cache: 'b', team: 'ghosts' }], colour: 'red' },
    ],
    teams: [{ name: 'web', contacts: [{ mail: 'nobody' }, {}] }],
    escalation: {
      levels: [
        { after: '5m', teams: ['web'] },
        { after: '1m', teams: ['ghosts'] },
      ],
    },
  }
  let thrown: unknown
  try {
    parseConfig(faulty, 'plimsoll.yaml')
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(InvalidOptionError)
  expect((thrown as InvalidOptionError).faults.map(({ where }) => where)).toEqual([
    'services[0].colour',
    'services[0].ownership[0]',
    'services[0].act',
    'services[0].proof',
    'teams[0].contacts[0].mail',
    'teams[0].contacts[1]',
    'escalation.levels[1].after',
    'escalation.levels[1].teams',
    'services[0].ownership[0].team',
    'smtp',
  ])
})

test('text that is no YAML is refused with the line where it goes wrong', () => {
  expect(() => parseConfigText('teams:\n  - name: [\n', 'plimsoll.yaml')).toThrow(/^plimsoll\.yaml: line 3 /)
})
