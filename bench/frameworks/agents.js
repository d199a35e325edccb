// Agents that watch the same process, as data: the package at a fixed version, the file that loads it, its settings, and what its
// collector must have been sent for `requestCount` requests: `isComplete` judges the requests that arrived there.

const express = { express: '5.1.0' }
const app = { app: 'express.cjs', extraFiles: ['pages.cjs', 'agent'], start: ['express.cjs'] }
const leak = { file: 'pages.cjs', code: 'pages.set(id, page)', path: '/page/{n}' }

export const agents = [
  {
    name: 'opentelemetry',
    packages: { ...express, '@opentelemetry/api': '1.9.0', '@opentelemetry/auto-instrumentations-node': '0.67.0' },
    environment: (collector) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_BSP_SCHEDULE_DELAY: '500',
    }),
    count: (arrived) =>
      arrived
        .filter(({ path }) => path === '/v1/traces')
        .flatMap(({ body }) => JSON.parse(body).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .filter(({ kind, attributes }) => kind === 2 && attributes.length > 0).length,
  },
  {
    name: 'datadog',
    packages: { ...express, 'dd-trace': '5.105.0' },
    environment: (collector) => ({
      DD_TRACE_AGENT_URL: collector,
      DD_PROFILING_UPLOAD_PERIOD: '5',
      DD_TRACE_STARTUP_LOGS: 'false',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      DD_SERVICE: 'shop',
    }),
    count: (arrived) => arrived.reduce((sum, { headers }) => sum + Number(headers['x-datadog-trace-count'] ?? 0), 0),
  },
  {
    name: 'sentry',
    packages: { ...express, '@sentry/node': '10.55.0' },
    environment: () => ({}),
    count: (arrived) =>
      arrived.reduce((sum, { body }) => sum + (body.match(/"type":"transaction"\}/g) ?? []).length, 0),
  },
  {
    name: 'pyroscope',
    packages: { ...express, '@pyroscope/nodejs': '0.4.9' },
    environment: () => ({}),
    // Profiles, of which one is as good as many.
    count: (arrived) =>
      Math.min(1, arrived.filter(({ path, body }) => path.includes('ingest') && body.length > 0).length),
    expected: 1,
  },
].map((agent) => ({ ...app, leak, ...agent }))
