// Eight services chosen by a reviewer who had read neither the detectors nor the attribution, and sealed until they were scored.
// The form is that of corpus.js, which tells what the words mean; what is not said here is filled in by `describe`.
import { fileURLToPath } from 'node:url'

const steady = (requestsPerSecond, path) => ({
  rate: requestsPerSecond / 5,
  requests: 5,
  routes: [{ weight: 1, path }],
})

const leaks = [
  {
    name: 'profile-styles',
    memory: 'heap',
    shape: 'strings in plain objects',
    packages: { '@emotion/css': '11.13.5', fastify: '5.2.1' },
    source: 'https://github.com/emotion-js/emotion/issues/2503',
    module: '@emotion/utils',
    modules: ['@emotion/utils', '@emotion/cache', '@emotion/css', '@emotion/memoize', 'server.mjs'],
    places: [
      {
        file: 'node_modules/@emotion/utils/dist/emotion-utils.cjs.js',
        code: 'cache.registered[className] = serialized.styles',
        variable: 'cache.registered',
      },
      { file: 'server.mjs', code: 'css({', variable: null },
      { file: 'server.mjs', code: 'class="${tile(', variable: null },
    ],
    load: steady(20, '/profile/{fresh}'),
  },
  {
    name: 'offline-telemetry',
    memory: 'external',
    shape: 'buffers',
    packages: { mqtt: '5.10.3', koa: '2.16.0', '@koa/router': '13.1.0' },
    source: 'https://github.com/reelyactive/pareto-anywhere/issues/11',
    module: 'mqtt',
    modules: ['mqtt', 'server.cjs'],
    places: [
      {
        file: 'node_modules/mqtt/build/lib/client.js',
        code: 'this.queue.push({ packet: storePacket, cb })',
        variable: 'broker.queue',
      },
      { file: 'server.cjs', code: 'broker.publish(', variable: null },
    ],
    memoryMb: 512,
    load: steady(20, '/device/{fresh}'),
  },
  {
    name: 'open-cursors',
    memory: 'native',
    shape: 'add-on',
    packages: { 'classic-level': '2.0.0', express: '5.0.1' },
    source: 'https://github.com/ipfs/js-datastore-level/pull/26',
    module: 'server.mjs',
    modules: ['server.mjs', 'classic-level', 'abstract-level'],
    places: [
      { file: 'server.mjs', code: 'archive.iterator(', variable: null },
      { file: 'node_modules/abstract-level/abstract-level.js', code: 'this[kResources].add(resource)', variable: null },
    ],
    memoryMb: 384,
    load: steady(18, '/letters/{fresh}'),
  },
  {
    name: 'invoice-preview',
    memory: 'heap',
    shape: 'rare',
    packages: { jsdom: '26.0.0', express: '5.0.1' },
    source: 'https://github.com/jsdom/jsdom/issues/1498',
    module: 'jsdom',
    modules: ['jsdom', 'server.cjs'],
    places: [
      { file: 'server.cjs', code: 'new JSDOM(', variable: null },
      { file: 'server.cjs', code: 'setInterval(() =>', variable: null },
      { file: 'node_modules/jsdom/lib/jsdom/browser/Window.js', code: 'listOfActiveTimers.set(', variable: null },
    ],
    load: {
      rate: 12,
      requests: 1,
      routes: [
        { weight: 59, path: '/invoices/{fresh}' },
        { weight: 1, path: '/preview/{fresh}' },
      ],
    },
  },
].map((service) => ({ isLeak: true, ...service }))

const healthy = [
  {
    name: 'healthy-hapi-method-cache',
    shape: 'plateau',
    packages: { '@hapi/hapi': '21.3.12' },
    load: steady(25, '/forecast/{fresh}'),
  },
  {
    name: 'healthy-growing-pool',
    shape: 'pool that grows to its maximum',
    packages: { 'generic-pool': '3.9.0', koa: '2.16.0', '@koa/router': '13.1.0' },
    load: {
      requests: 1,
      routes: [{ weight: 1, path: '/orders/{zipf:200}' }],
      rate: { steps: [4, 10, 18, 25], every: 55 },
    },
  },
  {
    name: 'healthy-compiled-reports',
    shape: 'compiled, with a cap',
    packages: { eta: '3.5.0', moize: '6.1.6', fastify: '5.2.1' },
    load: steady(15, '/report/{fresh}'),
  },
  {
    name: 'healthy-diurnal-exports',
    shape: 'diurnal load',
    packages: {
      '@nestjs/common': '10.4.15',
      '@nestjs/core': '10.4.15',
      '@nestjs/platform-express': '10.4.15',
      'reflect-metadata': '0.2.2',
      rxjs: '7.8.1',
    },
    load: {
      rate: { period: 220, low: 1, high: 20 },
      requests: 1,
      routes: [{ weight: 1, path: '/export/{fresh}' }],
    },
  },
].map((service) => ({ isLeak: false, memory: null, module: null, places: [], ...service }))

const sources = fileURLToPath(new URL('sealed/', import.meta.url))

export const corpus = [...leaks, ...healthy].map((service) => ({ sources, ...service }))
