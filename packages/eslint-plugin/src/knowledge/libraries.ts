/** What libraries keep, as data. A row is a claim about a library that its documentation makes. */

/** A cache that is made with options, some of which bound it. */
export interface CacheLibrary {
  module: string
  /** Exports that make one; `default` is the module itself. */
  makers: readonly string[]
  /** Which argument holds the options. */
  optionsAt: number
  /** Any of these bounds how much it holds. */
  bounds: readonly string[]
  /** These look like a bound and are none by themselves. */
  halfBounds?: readonly string[]
  fix: string
}

export const caches: readonly CacheLibrary[] = [
  {
    module: 'lru-cache',
    makers: ['default', 'LRUCache'],
    optionsAt: 0,
    bounds: ['max', 'maxSize', 'ttlAutopurge'],
    halfBounds: ['ttl', 'maxAge'],
    fix: 'Give it max (entries) or maxSize with sizeCalculation; ttl alone drops an entry only when it is asked for.',
  },
  {
    module: 'node-cache',
    makers: ['default'],
    optionsAt: 0,
    bounds: ['maxKeys'],
    halfBounds: ['stdTTL'],
    fix: 'Give it maxKeys; set() then throws instead of growing on.',
  },
  {
    module: 'keyv',
    makers: ['default', 'Keyv'],
    optionsAt: 0,
    bounds: ['store'],
    fix: 'Give it a store with a limit (keyvAdapter of @plimsoll/cache, @keyv/redis): the default is a Map.',
  },
  {
    module: 'express-session',
    makers: ['default'],
    optionsAt: 0,
    bounds: ['store'],
    fix: 'Give it a store: the default MemoryStore never forgets a visitor who does not come back.',
  },
  {
    module: 'cacheable',
    makers: ['CacheableMemory'],
    optionsAt: 0,
    bounds: ['lruSize'],
    halfBounds: ['ttl'],
    fix: 'Give it lruSize: its default is no limit.',
  },
]

/** Functions that remember the results of another: which options bound them, and where those stand. */
export interface MemoizeLibrary {
  module: string
  makers: readonly string[]
  bounds: readonly string[]
}

export const memoizers: readonly MemoizeLibrary[] = [
  { module: 'lodash', makers: ['memoize'], bounds: [] },
  { module: 'lodash.memoize', makers: ['default'], bounds: [] },
  { module: 'lodash/memoize', makers: ['default'], bounds: [] },
  { module: 'underscore', makers: ['memoize'], bounds: [] },
  { module: 'ramda', makers: ['memoizeWith'], bounds: [] },
  { module: 'fast-memoize', makers: ['default'], bounds: ['cache'] },
  { module: 'memoizee', makers: ['default'], bounds: ['max'] },
  { module: 'mem', makers: ['default'], bounds: ['cache'] },
  { module: 'memoize', makers: ['default'], bounds: ['cache'] },
  { module: 'p-memoize', makers: ['default'], bounds: ['cache'] },
  { module: 'nano-memoize', makers: ['default', 'nanomemoize'], bounds: ['maxAge'] },
  { module: 'async', makers: ['memoize'], bounds: [] },
]

/** Things to make once: sockets, pools and threads stand behind each. What ends them is a method of theirs. */
export const clients: readonly { module: RegExp; makers: readonly string[] }[] = [
  { module: /^@prisma\/client/, makers: ['PrismaClient'] },
  { module: /^(pg|pg-pool)$/, makers: ['Pool', 'default'] },
  { module: /^mysql2?(\/promise)?$/, makers: ['createPool'] },
  { module: /^mongodb$/, makers: ['MongoClient'] },
  { module: /^ioredis$/, makers: ['default', 'Redis', 'Cluster'] },
  { module: /^redis$/, makers: ['createClient'] },
  { module: /^(node:)?https?$/, makers: ['Agent'] },
  { module: /^undici$/, makers: ['Agent', 'Pool', 'Client'] },
  { module: /^(amqplib|kafkajs|bullmq|bull)$/, makers: ['connect', 'Kafka', 'Queue', 'Worker', 'default'] },
  { module: /^@aws-sdk\/client-/, makers: [] },
  { module: /^knex$/, makers: ['default', 'knex'] },
  { module: /^(sequelize|typeorm)$/, makers: ['Sequelize', 'DataSource'] },
]
export const endsClient = /^(close|end|quit|disconnect|\$disconnect|destroy|release|dispose|terminate|shutdown)$/

/** Compilers: what they make is worth keeping, and some of them keep it themselves. */
export const compilers: readonly { module: RegExp; makers: readonly string[] }[] = [
  { module: /^ajv(\/|$)/, makers: ['default', 'Ajv'] },
  { module: /^handlebars$/, makers: ['compile'] },
  { module: /^(pug|jade|ejs|eta|nunjucks)$/, makers: ['compile', 'compileFile'] },
  { module: /^(lodash|underscore|lodash\.template|lodash\/template)$/, makers: ['template'] },
  { module: /^(node:)?vm$/, makers: ['Script', 'compileFunction'] },
]

/** Per-request caches: at module scope they mix visitors and never shrink. */
export const requestCaches: readonly { module: RegExp; makers: readonly string[] }[] = [
  { module: /^dataloader$/, makers: ['default'] },
  { module: /^@tanstack\/(query-core|react-query|vue-query)$/, makers: ['QueryClient'] },
]

/** What they export takes a function to be called when the process ends, and keeps it until then. */
export const exitHooks: ReadonlySet<string> = new Set(['signal-exit', 'exit-hook', 'async-exit-hook', 'when-exit'])
