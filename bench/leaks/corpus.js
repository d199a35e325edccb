// The ground truth: what each service is, whether it leaks, where, into which memory, and the load that shows it. Data only, so
// that other tools can use the same services: see README.md.
//
//   packages   real packages at the versions named, installed when the bench runs
//   fixed      versions in which the package's own leak is mended, where there are such: the same service must then be found healthy
//   places     code that a right answer may point at, the best first: where something is added that is never taken away. `code`
//              is part of that line and is checked against the file; `variable` is what keeps it, where it has a name
//   module     package, or file of the service, that holds on; the right module for scoring
//   load       rate in sessions a second of `requests` requests each, paths with {fresh}, {zipf:N} and {pick:N}; `rate` may be a curve
//   heapMb     --max-old-space-size; memoryMb: what the process may use of all memory (the watch is told by PLIMSOLL_MEMORY_LIMIT)

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const steady = (requestsPerSecond, path) => ({
  rate: requestsPerSecond / 5,
  requests: 5,
  routes: [{ weight: 1, path }],
})

/** Leaks in the heap would end a process of 128 MB in 8 to 15 minutes, unless `isSlow`. */
const heapLeaks = [
  {
    name: 'debug-per-request',
    shape: 'closures',
    packages: { debug: '4.1.1', express: '4.21.2' },
    fixed: { debug: '4.3.7' },
    source: 'https://github.com/debug-js/debug/issues/678',
    module: 'debug',
    places: [
      {
        file: 'node_modules/debug/src/common.js',
        code: 'createDebug.instances.push(debug)',
        variable: 'createDebug.instances',
      },
    ],
    load: steady(20, '/orders/{fresh}'),
  },
  {
    name: 'memoized-with-max-age',
    shape: 'strings',
    packages: { mem: '1.1.0' },
    fixed: { mem: '4.3.0' },
    source: 'https://github.com/sindresorhus/memoize/issues/14',
    module: 'mem',
    places: [{ file: 'node_modules/mem/index.js', code: 'cache.set(key, {', variable: 'cache' }],
    load: steady(20, '/page/{fresh}'),
  },
  {
    name: 'session-store',
    shape: 'strings',
    packages: { 'express-session': '1.18.1', express: '4.21.2' },
    source: 'https://github.com/expressjs/session#sessionoptions (the default MemoryStore)',
    module: 'express-session',
    places: [
      {
        file: 'node_modules/express-session/session/memory.js',
        code: 'this.sessions[sessionId] = JSON.stringify(session)',
        variable: 'sessions',
      },
    ],
    load: { rate: 20, requests: 1, routes: [{ weight: 1, path: '/shop/{fresh}' }] },
  },
  {
    name: 'global-dataloader',
    shape: 'promises',
    packages: { dataloader: '2.2.2', koa: '2.15.3' },
    source: 'https://github.com/graphql/dataloader#caching',
    module: 'dataloader',
    places: [
      {
        file: 'node_modules/dataloader/index.js',
        code: 'cacheMap.set(cacheKey, promise)',
        variable: 'users._cacheMap',
      },
    ],
    load: steady(20, '/user/{fresh}'),
  },
  {
    name: 'helmet-ssr',
    shape: 'closures',
    packages: { 'react-helmet': '6.1.0', 'react-side-effect': '2.1.2', react: '17.0.2', 'react-dom': '17.0.2' },
    source: 'https://github.com/nfl/react-helmet#server-usage',
    module: 'react-side-effect',
    places: [
      {
        file: 'node_modules/react-side-effect/lib/index.js',
        code: 'mountedInstances.push(this)',
        variable: 'mountedInstances',
      },
    ],
    load: steady(20, '/article/{fresh}'),
  },
  {
    name: 'marked-use-per-request',
    shape: 'closures',
    packages: { marked: '4.3.0' },
    source: 'https://marked.js.org/using_pro (marked.use changes the one instance everybody shares)',
    module: 'marked',
    places: [
      { file: 'node_modules/marked/lib/marked.cjs', code: 'var prevRenderer = renderer[prop]', variable: null },
      { file: 'server.cjs', code: 'marked.use(', variable: null },
    ],
    load: steady(20, '/note/{fresh}'),
  },
  {
    name: 'ajv-compile-per-request',
    shape: 'closures',
    packages: { ajv: '8.12.0', fastify: '4.28.1' },
    source: 'https://ajv.js.org/guide/managing-schemas.html',
    module: 'ajv',
    places: [
      { file: 'node_modules/ajv/dist/core.js', code: 'this._cache.set(sch.schema, sch)', variable: 'ajv._cache' },
      { file: 'server.mjs', code: 'ajv.compile(schema)', variable: null },
    ],
    load: steady(12, '/check/{fresh}'),
  },
  {
    name: 'cron-per-request',
    shape: 'closures',
    packages: { 'node-cron': '3.0.3', express: '4.21.2' },
    source: 'https://github.com/node-cron/node-cron/issues/348',
    module: 'node-cron',
    places: [
      {
        file: 'node_modules/node-cron/src/storage.js',
        code: 'global.scheduledTasks.set(task.options.name, task)',
        variable: 'globalThis.scheduledTasks',
      },
    ],
    load: steady(20, '/remind/{fresh}'),
  },
  {
    name: 'axios-cancel-token',
    shape: 'promises',
    packages: { axios: '0.21.4' },
    fixed: { axios: '0.27.2' },
    source: 'https://github.com/axios/axios/issues/1181',
    module: 'axios',
    places: [
      { file: 'node_modules/axios/lib/adapters/http.js', code: 'config.cancelToken.promise.then(', variable: null },
      { file: 'server.cjs', code: 'axios.get(origin', variable: null },
    ],
    load: steady(22, '/call/{fresh}'),
  },
  {
    name: 'mustache-templates',
    shape: 'strings',
    packages: { mustache: '4.2.0' },
    source: 'https://github.com/janl/mustache.js/issues/818',
    module: 'mustache',
    places: [
      { file: 'node_modules/mustache/mustache.js', code: 'this._cache[key] = value', variable: '_cache' },
      {
        file: 'node_modules/mustache/mustache.js',
        code: 'isCacheEnabled && cache.set(cacheKey, tokens)',
        variable: '_cache',
      },
    ],
    load: steady(25, '/customer/{fresh}'),
  },
  {
    name: 'shared-cookie-jar',
    shape: 'strings',
    packages: { 'tough-cookie': '4.1.3' },
    source: 'https://github.com/salesforce/tough-cookie#memorycookiestore',
    module: 'tough-cookie',
    places: [
      {
        file: 'node_modules/tough-cookie/lib/memstore.js',
        code: 'this.idx[cookie.domain][cookie.path] = Object.create(null)',
        variable: 'jar.store.idx',
      },
      {
        file: 'node_modules/tough-cookie/lib/memstore.js',
        code: 'this.idx[cookie.domain][cookie.path][cookie.key] = cookie',
        variable: null,
      },
    ],
    load: steady(20, '/{fresh}'),
  },
  {
    name: 'lodash-memoize',
    shape: 'strings',
    packages: { lodash: '4.17.21', express: '4.21.2' },
    source: 'https://lodash.com/docs/4.17.15#memoize',
    module: 'lodash',
    places: [
      {
        file: 'node_modules/lodash/lodash.js',
        code: 'data[key] = (nativeCreate && value === undefined) ? HASH_UNDEFINED : value',
        variable: '__data__',
      },
      {
        file: 'node_modules/lodash/lodash.js',
        code: 'memoized.cache = cache.set(key, result) || cache',
        variable: 'cache',
      },
      { file: 'server.cjs', code: '_.memoize(', variable: 'search' },
    ],
    load: steady(20, '/search/{fresh}'),
  },
  {
    name: 'rxjs-subscription',
    shape: 'listeners',
    packages: { rxjs: '7.8.1' },
    source: 'https://rxjs.dev/guide/subscription',
    module: 'server.mjs',
    places: [
      { file: 'server.mjs', code: 'prices.subscribe(', variable: 'prices.observers' },
      // The package ships its sources and a map to them.
      {
        file: 'node_modules/rxjs/src/internal/Subject.ts',
        code: 'observers.push(subscriber)',
        variable: 'prices.observers',
      },
      {
        file: 'node_modules/rxjs/dist/cjs/internal/Subject.js',
        code: 'observers.push(subscriber)',
        variable: 'prices.observers',
      },
    ],
    modules: ['server.mjs', 'rxjs'],
    load: steady(20, '/price/{fresh}'),
  },
  {
    name: 'sliced-strings',
    shape: 'strings',
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'seen.add(', variable: 'seen' }],
    load: steady(20, '/document/{fresh}'),
  },
  {
    name: 'rare-route',
    shape: 'rare',
    module: 'server.mjs',
    places: [{ file: 'server.mjs', code: 'exports.push(rows)', variable: 'exports' }],
    load: {
      rate: 12,
      requests: 5,
      routes: [
        { weight: 99, path: '/page/{fresh}' },
        { weight: 1, path: '/export/{fresh}' },
      ],
    },
  },
  {
    name: 'interval-per-request',
    shape: 'timers',
    module: 'server.mjs',
    places: [
      { file: 'server.mjs', code: 'setInterval(', variable: null },
      { file: 'server.mjs', code: 'const progress', variable: null },
    ],
    load: steady(8, '/stream/{fresh}'),
  },
  {
    name: 'promise-race',
    shape: 'promises',
    module: 'server.mjs',
    places: [
      { file: 'server.mjs', code: 'Promise.race(', variable: null },
      { file: 'server.mjs', code: 'async function work', variable: null },
      { file: 'server.mjs', code: 'return Array.from', variable: null },
    ],
    load: steady(20, '/answer/{fresh}'),
  },
  {
    name: 'slow-audit-log',
    shape: 'slow',
    isSlow: true,
    module: 'server.mjs',
    places: [{ file: 'server.mjs', code: 'this.#entries.push(', variable: 'log.#entries' }],
    load: steady(20, '/a/{fresh}'),
  },
  {
    name: 'listener-per-request',
    shape: 'listeners',
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: "config.on('change'", variable: "config.on('change')" }],
    load: steady(20, '/page/{fresh}'),
  },
].map((service) => ({ memory: 'heap', ...service }))

const outsideLeaks = [
  {
    name: 'buffers-kept',
    memory: 'external',
    shape: 'buffers',
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'thumbnails.set(', variable: 'thumbnails' }],
    memoryMb: 512,
    load: steady(20, '/image/{fresh}'),
  },
  {
    name: 'sqljs-table',
    memory: 'external',
    shape: 'webassembly',
    packages: { 'sql.js': '1.10.3' },
    module: 'sql.js',
    places: [{ file: 'server.cjs', code: 'db.run(', variable: null }],
    modules: ['sql.js', 'server.cjs'],
    memoryMb: 512,
    load: steady(20, '/event/{fresh}'),
  },
  {
    name: 'zlib-never-ended',
    memory: 'native',
    shape: 'handles of Node itself',
    module: 'server.cjs',
    places: [
      { file: 'server.cjs', code: 'compressors.set(', variable: 'compressors' },
      { file: 'server.cjs', code: 'zlib.createDeflate()', variable: null },
    ],
    memoryMb: 512,
    load: steady(7, '/client/{fresh}'),
  },
  {
    name: 'tls-context-per-tenant',
    memory: 'native',
    shape: 'handles of Node itself',
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'contexts.push(', variable: 'contexts' }],
    memoryMb: 384,
    load: steady(16, '/tenant/{fresh}'),
  },
  {
    name: 'libsql-table',
    memory: 'native',
    shape: 'add-on',
    packages: { libsql: '0.4.7' },
    module: 'libsql',
    modules: ['libsql', 'server.cjs'],
    places: [{ file: 'server.cjs', code: 'insert.run(', variable: null }],
    memoryMb: 512,
    load: steady(20, '/event/{fresh}'),
  },
  {
    name: 'canvas-kept',
    memory: 'native',
    shape: 'add-on',
    packages: { '@napi-rs/canvas': '0.1.53' },
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'charts.set(', variable: 'charts' }],
    memoryMb: 512,
    load: steady(12, '/chart/{fresh}'),
  },
  {
    name: 'worker-per-job',
    memory: 'threads',
    shape: 'threads',
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'new Worker(', variable: null }],
    memoryMb: 1024,
    load: { rate: 0.25, requests: 1, routes: [{ weight: 1, path: '/report/{fresh}' }] },
  },
  {
    name: 'kept-in-worker',
    memory: 'native',
    shape: 'heap of a worker thread',
    extraFiles: ['render-invoice.cjs'],
    module: 'render-invoice.cjs',
    places: [
      { file: 'render-invoice.cjs', code: 'invoices.set(', variable: 'invoices' },
      { file: 'render-invoice.cjs', code: 'return Array.from(', variable: null },
    ],
    // Of the worker as well, which inherits it.
    heapMb: 512,
    memoryMb: 512,
    load: steady(20, '/invoices/{fresh}'),
  },
  {
    name: 'open-files',
    memory: 'handles',
    shape: 'file descriptors',
    module: 'server.mjs',
    places: [
      { file: 'server.mjs', code: 'downloads.set(', variable: 'downloads' },
      { file: 'server.mjs', code: 'open(process.execPath', variable: null },
    ],
    maxFiles: 8192,
    load: steady(10, '/file/{fresh}'),
  },
]

const healthy = [
  {
    name: 'healthy-filling-lru',
    shape: 'filling cache',
    packages: { 'lru-cache': '10.4.3' },
    load: steady(30, '/p/{fresh}'),
  },
  {
    name: 'healthy-rate-limit',
    shape: 'plateau',
    packages: { 'express-rate-limit': '7.4.1', express: '4.21.2' },
    load: steady(40, '/c/{fresh}'),
  },
  {
    name: 'healthy-ttl-plateau',
    shape: 'plateau',
    packages: { 'node-cache': '5.1.2' },
    load: steady(30, '/p/{fresh}'),
  },
  {
    name: 'healthy-diurnal',
    shape: 'diurnal load',
    load: { ...steady(0, '/s/{fresh}'), rate: { period: 120, low: 2, high: 24 } },
  },
  {
    name: 'healthy-load-steps',
    shape: 'load steps',
    packages: { express: '4.21.2' },
    load: {
      requests: 1,
      routes: [{ weight: 1, path: '/report/{fresh}' }],
      rate: { steps: [10, 20, 40, 70], every: 60 },
    },
  },
  { name: 'healthy-batch-spikes', shape: 'batch spikes', load: steady(10, '/n/{fresh}') },
  { name: 'healthy-sawtooth', shape: 'sawtooth heap', load: steady(40, '/n/{fresh}') },
  {
    name: 'healthy-buffer-pool',
    shape: 'buffer pool',
    memoryMb: 512,
    load: { ...steady(0, '/b/{fresh}'), requests: 1, rate: { steps: [10, 30, 60], every: 70 } },
  },
  {
    name: 'healthy-lazy-modules',
    shape: 'lazy modules',
    heapMb: 256,
    packages: {
      lodash: '4.17.21',
      moment: '2.30.1',
      typescript: '5.6.3',
      ajv: '8.12.0',
      rxjs: '7.8.1',
      react: '17.0.2',
      'react-dom': '17.0.2',
      marked: '4.3.0',
      express: '4.21.2',
      'date-fns': '3.6.0',
      yaml: '2.6.0',
    },
    load: steady(15, '/m/{fresh}'),
  },
  {
    name: 'healthy-uploads',
    shape: 'uploads',
    memoryMb: 512,
    packages: { multer: '1.4.5-lts.1', express: '4.21.2' },
    load: {
      rate: { period: 90, low: 2, high: 14 },
      requests: 1,
      routes: [{ weight: 1, path: '/upload', bodyBytes: 300_000 }],
    },
  },
  { name: 'healthy-idle', shape: 'idle', load: { rate: 0.1, requests: 1, routes: [{ weight: 1, path: '/' }] } },
  {
    name: 'healthy-finite-catalogue',
    shape: 'finite keys',
    packages: { lodash: '4.17.21', express: '4.21.2' },
    load: steady(30, '/p/{zipf:3000}'),
  },
  { name: 'healthy-write-behind', shape: 'filled and flushed', load: steady(40, '/e/{fresh}') },
  {
    name: 'healthy-fastify',
    shape: 'ordinary',
    packages: { fastify: '5.1.0', pino: '9.5.0' },
    load: steady(40, '/p/{fresh}'),
  },
  {
    name: 'healthy-dataloader',
    shape: 'ordinary',
    packages: { dataloader: '2.2.2', koa: '2.15.3' },
    load: steady(30, '/u/{fresh}'),
  },
  {
    name: 'healthy-worker-pool',
    shape: 'threads',
    packages: { piscina: '4.7.0' },
    extraFiles: ['double.cjs'],
    load: steady(20, '/w/{fresh}'),
  },
  { name: 'healthy-etags', shape: 'bounded by hand', load: steady(40, '/e/{fresh}') },
].map((service) => ({ memory: null, module: null, places: [], ...service }))

/** A leak's package at the version that mended it: the same service and load, and nothing to be found. */
const mended = heapLeaks
  .filter(({ fixed }) => fixed)
  .map((service) => ({
    ...service,
    name: `${service.name}-fixed`,
    serviceName: service.name,
    shape: 'mended',
    packages: { ...service.packages, ...service.fixed },
    isLeak: false,
    memory: null,
    module: null,
    places: [],
  }))

/**
 * Written after the detectors they were first judged by, over packages and shapes that nothing had been tuned to. What they found at
 * first stands in README.md; since then they are services like the others.
 */
const unseen = [
  {
    name: 'socketio-namespaces',
    shape: 'objects of a package',
    packages: { 'socket.io': '4.8.1' },
    source: 'https://socket.io/docs/v4/namespaces/#dynamic-namespaces',
    module: 'socket.io',
    places: [
      { file: 'node_modules/socket.io/dist/index.js', code: 'this._nsps.set(name, nsp)', variable: 'io._nsps' },
      { file: 'server.cjs', code: 'io.of(', variable: null },
    ],
    load: steady(80, '/{fresh}'),
  },
  {
    name: 'mongoose-connection-per-request',
    shape: 'clients',
    packages: { mongoose: '8.8.3', express: '4.21.2' },
    source: 'https://mongoosejs.com/docs/connections.html#multiple_connections',
    module: 'mongoose',
    places: [
      {
        file: 'node_modules/mongoose/lib/mongoose.js',
        code: '.connections.push(conn)',
        variable: 'mongoose.connections',
      },
      { file: 'server.cjs', code: 'mongoose.createConnection()', variable: null },
    ],
    load: steady(15, '/orders/{fresh}'),
  },
  {
    name: 'stuck-queue',
    shape: 'async contexts',
    packages: { 'p-queue': '8.0.1' },
    source: 'https://github.com/sindresorhus/p-queue#timeout',
    module: 'p-queue',
    modules: ['p-queue', 'server.mjs'],
    places: [
      { file: 'node_modules/p-queue/dist/priority-queue.js', code: 'this.#queue.push(element)', variable: null },
      { file: 'server.mjs', code: 'mails.add(', variable: null },
    ],
    load: steady(18, '/{fresh}'),
  },
  {
    name: 'winston-per-request',
    shape: 'listeners',
    packages: { winston: '3.17.0' },
    source: 'https://github.com/winstonjs/winston/issues/1334',
    module: 'server.cjs',
    modules: ['server.cjs', 'winston'],
    places: [
      { file: 'server.cjs', code: 'winston.createLogger(', variable: null },
      { file: 'node_modules/winston/lib/winston/logger.js', code: 'this.pipe(target)', variable: null },
    ],
    load: steady(22, '/{fresh}'),
  },
  {
    name: 'lru-ttl-only',
    shape: 'cache without a bound',
    packages: { 'lru-cache': '11.0.2' },
    source: 'https://github.com/isaacs/node-lru-cache#ttl',
    module: 'lru-cache',
    modules: ['lru-cache', 'server.mjs'],
    places: [
      { file: 'server.mjs', code: 'quotes.set(', variable: 'quotes' },
      { file: 'node_modules/lru-cache/dist/esm/index.js', code: 'this.#keyMap.set(', variable: null },
    ],
    load: steady(30, '/{fresh}'),
  },
  {
    name: 'route-per-request',
    shape: 'closures',
    packages: { express: '4.21.2' },
    source: 'https://github.com/expressjs/express/issues/2596',
    module: 'express',
    modules: ['express', 'server.cjs'],
    places: [
      { file: 'node_modules/express/lib/router/index.js', code: 'this.stack.push(layer)', variable: null },
      { file: 'server.cjs', code: 'app.get(`/download', variable: null },
    ],
    load: steady(16, '/prepare/{fresh}'),
  },
  {
    name: 'keyv-ttl-map',
    shape: 'strings',
    packages: { keyv: '4.5.4', koa: '2.15.3' },
    source: 'https://github.com/jaredwray/keyv/issues/302',
    module: 'keyv',
    modules: ['keyv', 'server.cjs'],
    places: [
      { file: 'node_modules/keyv/src/index.js', code: 'store.set(', variable: null },
      { file: 'server.cjs', code: 'answers.set(', variable: 'answers' },
    ],
    load: steady(6, '/{fresh}'),
  },
  {
    name: 'uploads-kept',
    memory: 'external',
    shape: 'buffers',
    packages: { express: '4.21.2' },
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'jobs.push(job)', variable: 'jobs' }],
    memoryMb: 512,
    load: { rate: 2.5, requests: 1, routes: [{ weight: 1, path: '/upload', bodyBytes: 300_000 }] },
  },
  {
    name: 'abort-signal-listeners',
    shape: 'listeners',
    packages: { express: '4.21.2' },
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'ending.signal.addEventListener(', variable: null }],
    load: steady(25, '/jobs/{fresh}'),
  },
  {
    name: 'agent-per-request',
    memory: 'handles',
    shape: 'sockets',
    packages: { axios: '1.7.7' },
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'new http.Agent(', variable: null }],
    modules: ['server.cjs', 'axios'],
    maxFiles: 8192,
    load: steady(5, '/{fresh}'),
  },
  {
    name: 'undo-history',
    shape: 'strings',
    packages: { redux: '5.0.1', 'redux-undo': '1.1.0' },
    source: 'https://github.com/omnidan/redux-undo#configuration (no limit by default)',
    module: 'redux-undo',
    modules: ['redux-undo', 'redux', 'server.mjs'],
    places: [{ file: 'server.mjs', code: 'store.dispatch(', variable: null }],
    load: steady(20, '/{fresh}'),
  },
  {
    name: 'pubsub-iterators',
    shape: 'listeners',
    packages: { 'graphql-subscriptions': '2.0.0', graphql: '16.9.0' },
    source: 'https://github.com/apollographql/graphql-subscriptions#listen-to-a-subscription',
    module: 'graphql-subscriptions',
    modules: ['graphql-subscriptions', 'server.mjs'],
    places: [{ file: 'server.mjs', code: 'updates.asyncIterator(', variable: null }],
    load: steady(18, '/{fresh}'),
  },
  {
    name: 'rope-log',
    shape: 'strings',
    packages: { koa: '2.15.3' },
    module: 'server.cjs',
    places: [{ file: 'server.cjs', code: 'this.#text +=', variable: null }],
    load: steady(20, '/{fresh}'),
  },
  {
    name: 'healthy-weak-metadata',
    shape: 'weak collections',
    packages: { express: '4.21.2' },
    load: steady(30, '/u/{fresh}'),
  },
  {
    name: 'healthy-lru-of-buffers',
    shape: 'filling cache',
    memoryMb: 512,
    packages: { 'lru-cache': '11.0.2' },
    load: steady(15, '/{fresh}'),
  },
  {
    name: 'healthy-prometheus',
    shape: 'finite keys',
    packages: { express: '4.21.2', 'prom-client': '15.1.3' },
    load: steady(25, '/r/{zipf:1000}'),
  },
  {
    name: 'healthy-request-context',
    shape: 'async contexts',
    packages: { fastify: '5.1.0' },
    load: steady(20, '/p/{fresh}'),
  },
  {
    name: 'healthy-streamed-uploads',
    shape: 'uploads',
    memoryMb: 512,
    load: { rate: 1, requests: 1, routes: [{ weight: 1, path: '/upload', bodyBytes: 2_000_000 }] },
  },
  {
    name: 'healthy-graphql',
    shape: 'bounded by hand',
    packages: { graphql: '16.9.0', dataloader: '2.2.2' },
    load: steady(25, '/{fresh}'),
  },
  {
    name: 'healthy-burst-queue',
    shape: 'filled and worked off',
    packages: { 'p-queue': '8.0.1' },
    load: steady(20, '/{fresh}'),
  },
  {
    name: 'healthy-abort-signals',
    shape: 'listeners',
    packages: { express: '4.21.2' },
    load: steady(30, '/jobs/{fresh}'),
  },
  {
    name: 'healthy-undo-limited',
    shape: 'filling cache',
    packages: { redux: '5.0.1', 'redux-undo': '1.1.0' },
    load: steady(20, '/{fresh}'),
  },
  {
    name: 'tenant-models',
    shape: 'classes',
    packages: { sequelize: '6.37.5', pg: '8.13.1', express: '4.21.2' },
    source: 'https://sequelize.org/docs/v6/core-concepts/model-basics/#model-definition',
    module: 'sequelize',
    modules: ['sequelize', 'server.cjs'],
    places: [
      { file: 'node_modules/sequelize/lib/model-manager.js', code: 'this.models.push(model)', variable: null },
      {
        file: 'node_modules/sequelize/lib/model-manager.js',
        code: 'this.sequelize.models[model.name] = model',
        variable: null,
      },
      { file: 'server.cjs', code: 'database.define(', variable: null },
    ],
    load: steady(20, '/orders/{fresh}'),
  },
  {
    name: 'followed-orders',
    shape: 'async generators',
    packages: { hono: '4.6.12', '@hono/node-server': '1.13.7' },
    source: 'https://nodejs.org/api/events.html#eventsonemitter-eventname-options',
    module: 'server.mjs',
    places: [
      { file: 'server.mjs', code: "on(warehouse, 'sent')", variable: "warehouse.on('sent')" },
      { file: 'server.mjs', code: 'void follow(id, viewer)', variable: null },
    ],
    load: steady(4, '/orders/{fresh}'),
  },
  {
    name: 'price-feed',
    shape: 'listeners',
    packages: { eventemitter3: '5.0.1', polka: '0.5.2' },
    source: 'https://github.com/primus/eventemitter3#readme',
    module: 'eventemitter3',
    modules: ['eventemitter3', 'server.cjs'],
    places: [
      { file: 'server.cjs', code: "this.on('price'", variable: 'feed' },
      { file: 'server.cjs', code: 'feed.watch(', variable: null },
      { file: 'node_modules/eventemitter3/index.js', code: '_events[evt].push(listener)', variable: null },
    ],
    load: steady(10, '/quotes/{fresh}'),
  },
  {
    name: 'magic-numbers',
    memory: 'external',
    shape: 'slices of buffers',
    packages: { 'raw-body': '3.0.0' },
    module: 'server.mjs',
    places: [{ file: 'server.mjs', code: 'kinds.set(', variable: 'kinds' }],
    memoryMb: 512,
    load: { rate: 2.5, requests: 1, routes: [{ weight: 1, path: '/upload', bodyBytes: 300_000 }] },
  },
  {
    name: 'healthy-templates',
    shape: 'compiled at first use',
    packages: { express: '4.21.2', handlebars: '4.7.8' },
    load: steady(10, '/mail/{zipf:300}'),
  },
  {
    name: 'healthy-quick-lru',
    shape: 'filling cache',
    packages: { hono: '4.6.12', '@hono/node-server': '1.13.7', 'quick-lru': '7.0.0' },
    load: steady(30, '/picture/{fresh}'),
  },
].map((service) =>
  service.module
    ? { memory: 'heap', isLeak: true, ...service }
    : { memory: null, module: null, places: [], isLeak: false, ...service },
)

/** A service with all that its entry left out filled in. */
export const describe = (service) => ({
  packages: {},
  fixed: null,
  source: null,
  heapMb: 128,
  memoryMb: null,
  maxFiles: null,
  isSlow: false,
  extraFiles: [],
  serviceName: service.name,
  ...service,
  modules: service.modules ?? (service.module === null ? [] : [service.module]),
})

/** Every service of the corpus. */
export const corpus = [
  ...[...heapLeaks, ...outsideLeaks].map((service) => ({ isLeak: true, ...service })),
  ...healthy.map((service) => ({ isLeak: false, ...service })),
  ...mended,
  ...unseen,
].map(describe)

/** The services of another data file of the same form, or those of the corpus. */
export async function loadCorpus(file) {
  if (file === undefined) return corpus
  const { corpus: services } = await import(pathToFileURL(resolve(file)).href)
  if (!Array.isArray(services)) throw new Error(`${file} exports no list called corpus; see corpus.js for the form`)
  return services.map(describe)
}
