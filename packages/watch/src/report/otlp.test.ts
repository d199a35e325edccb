import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ManualClock } from '@plimsoll/core/testing'
import type { Identity } from '@plimsoll/core/wire'
import { afterEach, expect, test } from 'vitest'
import type { MetricPoint } from './metrics.ts'
import { OtlpPush, toOtlp } from './otlp.ts'

const identity = {
  service: 'shop',
  instance: 'web-1#1-abcd',
  host: 'box',
  pid: 7,
  serviceVersion: null,
  startedAtMs: 1_700_000_000_000,
} as Identity
const points: MetricPoint[] = [
  { name: 'process_resident_memory_bytes', value: 90e6, labels: {} },
  { name: 'plimsoll_http_requests_total', value: 3, labels: { route: 'GET /' } },
  { name: 'plimsoll_http_requests_total', value: 4, labels: { route: 'GET /p/:id' } },
]
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

test('gauges are gauges, counters cumulative sums since the start, and the resource is the instance', () => {
  const { resourceMetrics } = toOtlp(points, identity, 1_700_000_060_000) as { resourceMetrics: never[] }
  expect(resourceMetrics).toHaveLength(1)
  expect(resourceMetrics[0]).toMatchObject({
    resource: {
      attributes: [
        { key: 'service.name', value: { stringValue: 'shop' } },
        { key: 'service.instance.id', value: { stringValue: 'web-1#1-abcd' } },
        { key: 'host.name', value: { stringValue: 'box' } },
        { key: 'process.pid', value: { intValue: '7' } },
      ],
    },
    scopeMetrics: [
      {
        scope: { name: 'plimsoll' },
        metrics: [
          {
            name: 'process_resident_memory_bytes',
            gauge: { dataPoints: [{ asDouble: 90e6, timeUnixNano: '1700000060000000000', attributes: [] }] },
          },
          {
            name: 'plimsoll_http_requests_total',
            sum: {
              aggregationTemporality: 2,
              isMonotonic: true,
              dataPoints: [
                { asDouble: 3, startTimeUnixNano: '1700000000000000000' },
                { asDouble: 4, attributes: [{ key: 'route', value: { stringValue: 'GET /p/:id' } }] },
              ],
            },
          },
        ],
      },
    ],
  })
})

/** A collector that answers with these statuses, one after the other. */
async function collectorThat(...statuses: number[]) {
  const arrived: { path: string | undefined; body: unknown }[] = []

  const server = createServer((request, response) => {
    void text(request).then((body) => {
      arrived.push({ path: request.url, body: JSON.parse(body) })
      response.writeHead(statuses[arrived.length - 1] ?? 200).end('{}')
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, arrived }
}

test('a collector in trouble is told of once, and pushed to again', async () => {
  const collector = await collectorThat(200, 503, 503, 200)
  const told: string[] = []
  const push = new OtlpPush({
    url: collector.url,
    clock: new ManualClock(),
    identity: () => identity,
    collect: () => points,
    tell: (sentence) => told.push(sentence),
  })
  // The second of the two finds the first under way.
  await Promise.all([push.push(), push.push()])
  expect(collector.arrived).toHaveLength(1)
  for (let count = 0; count < 3; count++) await push.push()
  expect(collector.arrived.map(({ path }) => path)).toEqual(Array.from({ length: 4 }, () => '/v1/metrics'))
  expect(told).toEqual([expect.stringMatching(/no metrics reach http:.*: it answered with status 503\. Trying on\./)])
})

test('every half minute, and not before there is anything to tell', async () => {
  const collector = await collectorThat()
  const clock = new ManualClock()
  let current: MetricPoint[] = []
  const options = { url: collector.url, clock, identity: () => identity, collect: () => current, tell: () => {} }
  new OtlpPush(options).start()
  clock.advance(30_000)
  current = points
  clock.advance(29_999)
  expect(collector.arrived).toEqual([])
  clock.advance(1)
  await expect.poll(() => collector.arrived.length, { timeout: 20_000 }).toBe(1)
})
