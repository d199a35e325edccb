// What a service of the corpus is asked, as a scenario of @plimsoll/soak/traffic: sessions of a few requests on one connection.
// `load` is that of corpus.js. Pure but for the counter that makes addresses fresh.

/** So many requests a second, all to one path, five on each connection. */
export const steady = (requestsPerSecond, path) => ({
  rate: requestsPerSecond / 5,
  requests: 5,
  routes: [{ weight: 1, path }],
})

export function createScenario(load) {
  let freshCount = 0
  const journeys = {}
  for (const [index, { weight, path, bodyBytes = 0 }] of load.routes.entries()) {
    const body = { data: 'x'.repeat(bodyBytes) }
    journeys[`route-${index}`] = {
      weight,
      async run(user) {
        for (let request = 0; request < load.requests; request++) {
          const address = path
            .replace('{fresh}', () => `n${++freshCount}x`)
            .replace(/\{zipf:(\d+)\}/, (_, count) => `k${user.zipf(Number(count), 0.7)}`)
            .replace(/\{pick:(\d+)\}/, (_, count) => `k${Math.floor(user.random.next() * Number(count))}`)
          const route = path.replaceAll(/\{[^}]*\}/g, ':id')
          await (bodyBytes > 0 ? user.post(address, body, { route }) : user.get(address, { route }))
        }
      },
    }
  }
  return { journeys }
}

/** Sessions a second over time: a number, a day in miniature, or steps. */
export function rateOf({ rate }, seconds) {
  if (typeof rate === 'number') return rate
  const points = []
  if (rate.steps) {
    for (const [index, ratePerSec] of rate.steps.entries()) {
      points.push(
        { atMs: index * rate.every * 1000, ratePerSec },
        { atMs: (index + 1) * rate.every * 1000 - 1, ratePerSec },
      )
    }
  } else {
    for (let second = 0; second <= seconds; second += 5) {
      const phase = (1 - Math.cos((2 * Math.PI * second) / rate.period)) / 2
      points.push({ atMs: second * 1000, ratePerSec: rate.low + phase * (rate.high - rate.low) })
    }
  }
  return points
}
