/** Where the attached watch answers: `register` and this library may be two copies of the package. */
export const metricsKey = Symbol.for('plimsoll.watch.metrics')

/**
 * What the watch knows of this process in Prometheus' text format, for an endpoint of your own:
 * `app.get('/metrics', (_, reply) => reply.type('text/plain; version=0.0.4').send(metrics()))`. At most two seconds old. Where no
 * watch is attached, a comment that says so. Names and meanings: docs/guide/metrics.md. To have it served for you on a loopback
 * port, set `PLIMSOLL_METRICS_PORT`.
 */
export function metrics(): string {
  const render = (globalThis as Record<symbol, unknown>)[metricsKey]
  return typeof render === 'function' ? String(render()) : '# the Plimsoll watch is not attached to this process\n'
}
