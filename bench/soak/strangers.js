// Services as somebody would write them who has never heard of us: each started by its own command over real packages, half of them
// leaking. The same shape of data as bench/leaks/corpus.js; `node bench/soak/leaks.js --corpus strangers` runs them.
import { fileURLToPath } from 'node:url'

const leaking = [
  {
    name: 'express4-audit',
    shape: 'middleware that keeps every request',
    packages: { express: '4.21.2', helmet: '8.0.0' },
    path: '/users/{fresh}',
    places: [{ file: 'server.cjs', code: 'auditTrail.push(' }],
  },
  {
    name: 'fastify-memo',
    shape: 'memoized without a bound',
    packages: { fastify: '5.2.1' },
    path: '/forecast/city-{fresh}',
    places: [{ file: 'server.mjs', code: 'results[key] = fn' }],
  },
  {
    name: 'koa-emitter',
    shape: 'a listener a request on a shared emitter',
    packages: { koa: '2.15.3', '@koa/router': '13.1.0' },
    path: '/quote/{fresh}',
    places: [{ file: 'server.cjs', code: "prices.on('change'" }],
  },
  {
    name: 'http-timers',
    shape: 'intervals never cleared',
    path: '/{fresh}',
    places: [
      { file: 'server.cjs', code: 'setInterval(() => {' },
      { file: 'server.cjs', code: 'clearInterval(beat)' },
    ],
  },
  {
    name: 'tsx-sessions',
    shape: 'sessions in the default store',
    packages: { express: '4.21.2', 'express-session': '1.18.1', tsx: '4.20.6' },
    path: '/article/{fresh}',
    start: 'npx tsx server.ts',
    places: [
      { file: 'node_modules/express-session/session/memory.js', code: 'this.sessions[sessionId] = JSON.stringify' },
    ],
  },
  {
    name: 'express5-shutdown',
    shape: 'reactions to a promise that settles at the end',
    packages: { express: '5.1.0' },
    path: '/jobs/{fresh}',
    places: [{ file: 'server.mjs', code: 'closing.then(' }],
  },
  {
    name: 'express5-carts',
    shape: 'carts by session',
    packages: { express: '5.1.0', 'cookie-parser': '1.4.7' },
    drive: [
      ...['--post', '/cart {"sku":"s{1..100000}","count":1}', '--header', 'authorization: Bearer t0ken'],
      ...['--ready', '/health'],
    ],
    places: [{ file: 'server.cjs', code: 'carts[request.sid] = cart' }],
  },
  {
    name: 'koa-memoizee',
    shape: 'memoized without a bound',
    packages: { koa: '2.15.3', '@koa/router': '13.1.0', memoizee: '0.4.17' },
    path: '/weather/city{fresh}',
    places: [{ file: 'server.cjs', code: 'await lookup(' }],
  },
  {
    name: 'nest-audit',
    shape: 'history in a provider',
    packages: {
      ...{ '@nestjs/common': '10.4.15', '@nestjs/core': '10.4.15', '@nestjs/platform-express': '10.4.15' },
      ...{ 'reflect-metadata': '0.2.2', rxjs: '7.8.1', tsx: '4.20.6' },
    },
    path: '/users/{fresh}',
    extraFiles: ['tsconfig.nest.json'],
    start: 'npx tsx --tsconfig tsconfig.nest.json server.mts',
    places: [{ file: 'server.mts', code: 'this.history.push(' }],
  },
  {
    name: 'express5-sockets',
    shape: 'a listener a request on its connection',
    packages: { express: '5.1.0' },
    path: '/live/{fresh}',
    places: [{ file: 'server.cjs', code: "request.socket.on('close'" }],
  },
  {
    name: 'http-inflight',
    shape: 'not forgotten on one way out',
    path: '/x/{fresh}',
    places: [{ file: 'server.cjs', code: 'inflight.set(' }],
  },
  {
    name: 'express5-metrics',
    shape: 'a series for each address',
    packages: { express: '5.1.0' },
    drive: ['--get', '/items/{1..100000}', '--get', '/'],
    places: [{ file: 'server.mjs', code: 'this.#series.set(' }],
  },
]

const healthy = [
  {
    name: 'express5-blog',
    shape: 'bounded cache of rendered pages',
    packages: { express: '5.1.0', 'lru-cache': '11.0.2', marked: '15.0.6' },
    path: '/posts/{fresh}',
  },
  { name: 'hapi-catbox', shape: 'cache by time', packages: { '@hapi/hapi': '21.3.12' }, path: '/items/{fresh}' },
  {
    name: 'koa-ttl',
    shape: 'cache by time',
    packages: { koa: '2.15.3', '@koa/router': '13.1.0', 'node-cache': '5.1.2' },
    path: '/profile/{fresh}',
  },
  {
    name: 'fastify-limited',
    shape: 'rate limit',
    packages: { fastify: '5.2.1', '@fastify/rate-limit': '10.2.1' },
    path: '/orders/{fresh}',
  },
  {
    name: 'http-compressed',
    shape: 'templates and compression',
    packages: { compression: '1.7.5', ejs: '3.1.10' },
    path: '/page/{fresh}',
  },
  {
    name: 'tsx-orders',
    shape: 'bounded by hand',
    packages: { express: '4.21.2', tsx: '4.20.6', zod: '3.24.1' },
    path: '/orders/{fresh}',
    start: 'npx tsx server.ts',
  },
  {
    name: 'fastify-quotes',
    shape: 'bounded cache, bodies, tokens',
    packages: { fastify: '5.2.1', 'lru-cache': '11.0.2', jsonwebtoken: '9.0.2' },
    drive: ['--post', '/quote {"sku":"s{1..100000}"}'],
  },
  {
    name: 'hapi-users',
    shape: 'cache by time',
    packages: { '@hapi/hapi': '21.3.12', 'node-cache': '5.1.2' },
    path: '/user/{fresh}',
  },
  {
    name: 'express5-echo',
    shape: 'keeps nothing',
    packages: { express: '5.1.0' },
    drive: ['--get', '/hash/{1..100000}', '--post', '/echo {"a":{1..1000},"b":["x","y"]}'],
  },
  { name: 'http-thumbnails', shape: 'bounded in bytes by functions of its own', path: '/pictures/{fresh}' },
  {
    name: 'express4-recent',
    shape: 'bounded by a count of its own',
    packages: { express: '4.21.2' },
    path: '/visit/{fresh}',
  },
]

export const strangers = [
  ...leaking.map((service) => ({ isLeak: true, ...service })),
  ...healthy.map((service) => ({ isLeak: false, places: [], ...service })),
].map(({ path = '/', ...service }) => ({
  packages: {},
  extraFiles: [],
  serviceName: service.name,
  sources: fileURLToPath(new URL('stranger/', import.meta.url)),
  load: { routes: [{ weight: 1, path }] },
  ...service,
}))
