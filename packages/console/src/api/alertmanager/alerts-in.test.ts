import { expect, test } from 'vitest'
import { parseConfig } from '../../config-file.ts'
import { fingerprintOf } from '../../rule/fingerprint.ts'
import { readAlerts, readWebhook } from './alerts-in.ts'

const { alerts: policy } = parseConfig({})

/** The same alert, as Prometheus posts it and as an Alertmanager does. */
function read(alert: unknown) {
  const posted = readAlerts([alert], policy, 0)
  const passedOn = readWebhook({ version: '4', alerts: [{ status: 'firing', ...(alert as object) }] }, policy, 0)
  for (const { wrong } of [posted, passedOn]) expect(wrong).toEqual([])
  expect(passedOn.taken[0]).toMatchObject({
    labels: posted.taken[0]!.labels,
    annotations: posted.taken[0]!.annotations,
  })
  return posted.taken[0]!
}

test('an alert that says too much is taken, cut with a mark, and keeps what decides who is called', () => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`label_${index}`, 'x']))
  const labels = { ...many, path: 'p'.repeat(2500), alertname: 'DiskFull', app: 'store', severity: 'warning' }
  const taken = read({
    labels,
    annotations: { stack: `${'x'.repeat(19_998)}\u{1f600}${'x'.repeat(9)}`, summary: 'the disk is full' },
    generatorURL: `http://prometheus/${'x'.repeat(3000)}`,
  })
  expect(Object.keys(taken.labels)).toHaveLength(100)
  expect(taken.labels).toMatchObject({ alertname: 'DiskFull', app: 'store', severity: 'warning', label_0: 'x' })
  expect(taken.fingerprint).toBe(fingerprintOf(labels))
  expect(taken.annotations['stack']).toBe(`${'x'.repeat(19_998)}…`)
  expect(taken.annotations['summary']).toBe('the disk is full')
  expect(taken.annotations['plimsoll_cut']).toBe(
    'This alert was too long: 54 of its 154 labels were left out; annotation stack of 20009 characters was cut; its link was left out.',
  )
  expect(taken.generatorUrl).toBe('')
})

test('a label that is long is cut, and two that differ only behind the cut are two alerts', () => {
  const [one, other] = ['1', '2'].map((end) => read({ labels: { alertname: 'A', path: `${'p'.repeat(3000)}${end}` } }))
  expect(one!.labels).toEqual({ alertname: 'A', path: `${'p'.repeat(1999)}…` })
  expect(other!.labels).toEqual(one!.labels)
  expect(other!.fingerprint).not.toBe(one!.fingerprint)
})

test('of two names that are alike up to the cut one is left out, and told', () => {
  const [one, other] = ['1', '2'].map((end) => `${'n'.repeat(600)}${end}`)
  const { labels, annotations } = read({ labels: { alertname: 'A', [one!]: 'first', [other!]: 'second' } })
  expect(labels).toEqual({ alertname: 'A', [`${'n'.repeat(499)}…`]: 'first' })
  expect(annotations['plimsoll_cut']).toContain('1 of its 3 labels were left out')
})

test('what is within its bounds is left as it is', () => {
  const labels = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`label_${index}`, 'x'.repeat(2000)]))
  const annotations = { description: 'x'.repeat(20_000) }
  expect(read({ labels, annotations })).toMatchObject({ labels, annotations })
})
