// Leaks in V8's heap. The words are explained in ../corpus.js.
import { steady } from '../scenario.js'

/** Leaks in the heap would end a process of 128 MB in 8 to 15 minutes, unless `isSlow`. */
export const heapLeaks = [
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
