import { InvalidOptionError, MINUTE_MS } from '@plimsoll/core'
import fc from 'fast-check'
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

/** A file in which everything is right, and what is put there to make it wrong. Each is one fault of its own. */
const wholeFile = () => ({
  services: [
    { name: 'web', act: 'safe', latencyObjective: '1s', loadLine: 0.8, ownership: [{ path: 'src/', team: 'web' }] },
    { name: 'far', minHealthyProcesses: 2, silentAfter: '30s', database: 'postgres://db.example.org/shop' },
  ],
  policy: { proof: '30m', coolDown: '1m' },
  teams: [
    { name: 'web', contacts: [{ mail: 'web@example.org' }, { webhook: 'https://hooks.example.org/in' }] },
    { name: 'far', contacts: [{ pagerduty: 'a'.repeat(32) }], members: ['duty'] },
  ],
  people: [{ name: 'duty', role: 'admin', contacts: [{ mail: 'duty@example.org' }] }],
  alerts: { resolveTimeout: '5m', severity: 'warning', serviceLabels: ['service'] },
  rules: [
    { name: 'deep', metric: 'depthRatio', above: '80 %', clear: '70 %', for: '1m', severity: 'critical' },
    { name: 'slow', metric: 'latencyMsP99', above: '2s', keepFiringFor: '1m', cause: 'latency', over: 'max' },
    { name: 'cold', metric: 'cacheHitRatio', cache: 'pages', below: 0.5, where: 'role="worker"' },
  ],
  inhibit: [{ source: 'alertname="A"', target: ['alertname="B"'], equal: ['service'] }],
  maintenance: [{ services: ['web'], from: '2030-01-01T00:00:00Z', until: '2030-01-01T02:00:00Z' }],
  heartbeats: [{ name: 'backup', every: '1d', severity: 'critical' }],
  deadman: { url: 'https://dead.example.org/x', every: '1m' },
  escalation: {
    levels: [
      { after: '0s', teams: ['web'] },
      { after: '5m', teams: ['far'] },
    ],
    repeat: '15m',
  },
  stakeholders: { teams: ['far'], after: '30s', note: '{{sentence}}' },
  playbooks: [{ name: 'careful', cause: 'leak', remedies: ['rotate'], steps: ['Look first.'] }],
  smtp: { url: 'smtp://mail.example.org', from: 'p@example.org' },
  slack: { token: 'xoxb-1', signingSecret: 'x' },
  links: [{ label: 'Runbook', url: 'https://wiki.example.org' }],
  publicUrl: 'https://plimsoll.example.org',
})
const breaks: readonly (readonly [where: string, value: unknown])[] = [
  ['colour', 'red'],
  ['services[0].act', 'maybe'],
  ['services[0].latencyObjective', '10'],
  ['services[0].loadLine', 7],
  ['services[0].ownership[0].team', 'ghosts'],
  ['services[1].minHealthyProcesses', 1.5],
  ['services[1].silentAfter', 30],
  ['services[1].database', 'mysql://db.example.org'],
  ['policy.proof', 'soon'],
  ['teams[0].contacts[0].mail', 'nobody'],
  ['teams[0].contacts[1].webhook', 'ftp://hooks.example.org'],
  ['teams[1].contacts[0].pagerduty', 'short'],
  ['teams[1].members[0]', 7],
  ['people[0].role', 'god'],
  ['alerts.severity', 'loud'],
  ['rules[0].metric', 'deepness'],
  ['rules[0].for', '1'],
  ['rules[1].above', '2 parsecs'],
  ['rules[1].cause', 'bad luck'],
  ['rules[1].keepFiringFor', 5],
  ['rules[2].below', 'half'],
  ['rules[2].where', 'role=~"("'],
  ['rules[2].severity', 'urgent'],
  ['inhibit[0].source', 'alertname'],
  ['inhibit[0].target[0]', 'x=~"["'],
  ['maintenance[0].from', 'tomorrow'],
  ['heartbeats[0].every', '0s'],
  ['deadman.url', 'http://169.254.169.254/'],
  ['escalation.levels[1].after', '0s'],
  ['escalation.repeat', 'often'],
  ['stakeholders.note', '{{nonsense}}'],
  ['playbooks[0].remedies[0]', 'pray'],
  ['smtp.url', 'http://mail.example.org'],
  ['slack.token', 5],
  ['links[0].url', 'javascript:alert(1)'],
  ['publicUrl', 'plimsoll.example.org'],
]
const pathOf = (where: string) => where.split(/[.[\]]+/).filter((part) => part !== '')

function faultsOf(file: unknown): string[] {
  try {
    parseConfig(file, 'plimsoll.yaml')
    return []
  } catch (error) {
    return (error as InvalidOptionError).faults.map(({ where }) => where)
  }
}

test('whatever is wrong together, each of it is told, and of what is right nothing', () => {
  expect(faultsOf(wholeFile())).toEqual([])
  fc.assert(
    fc.property(fc.subarray([...breaks], { minLength: 1 }), (chosen) => {
      const file = wholeFile() as unknown
      for (const [where, value] of chosen) {
        const path = pathOf(where)
        const holder = path.slice(0, -1).reduce((at, key) => (at as Record<string, unknown>)[key], file)
        ;(holder as Record<string, unknown>)[path.at(-1)!] = value
      }
      // A fault in a list of names stands at the list.
      const told = faultsOf(file).map((where) => pathOf(where).join())
      const meant = chosen.map(([where]) => pathOf(where).join())
      for (const one of meant)
        expect(
          told.some((where) => one === where || one.startsWith(`${where},`)),
          one,
        ).toBe(true)
      for (const where of told)
        expect(
          meant.some((one) => one === where || one.startsWith(`${where},`)),
          where,
        ).toBe(true)
    }),
  )
  expect(faultsOf({ rules: Array.from({ length: 40 }, (_, at) => ({ name: `rule ${at}` })) })).toHaveLength(80)
})

test.each([
  ['http://[::ffff:127.0.0.1]/', 'this machine in disguise'],
  ['http://0.0.0.0/', 'the address of no receiver'],
  ['http://[::ffff:169.254.169.254]/', 'where cloud machines keep their secrets'],
])('%s is no address to call, as it is %s', (url, why) => {
  expect(() => parseConfig({ deadman: { url } })).toThrow(why)
  expect(() => parseConfig({ deadman: { url: 'http://127.0.0.1/' } })).not.toThrow()
})

test('each fault has a line of its own, with the line of the file where it stands', () => {
  const text = `services:
  - name: web
    act: maybe
heartbeats:
  - { name: '', every: 1h }
escalation:
  levels:
    - teams: [ghosts]
`
  expect(() => parseConfigText(text, 'plimsoll.yaml')).toThrow(
    new InvalidOptionError('plimsoll.yaml', [
      { where: 'line 3: services[0].act', what: 'must be one of observe, ask, safe' },
      { where: 'line 5: heartbeats[0].name', what: 'must not be empty' },
      {
        where: 'line 8: escalation.levels[0].teams',
        what: 'names the team "ghosts", which does not exist (no team is configured)',
      },
    ]),
  )
})

test('what refers to nothing, and a matcher with two faults, are refused in words', () => {
  expect(() => parseConfigText('teams: *nobody\n', 'plimsoll.yaml')).toThrow(/^plimsoll\.yaml: /)
  const matchers = '{a=~"(", b=~"["}'
  expect(() => parseConfig({ inhibit: [{ source: matchers, target: 'a="b"' }] })).toThrow(/\(.*\[/s)
})
