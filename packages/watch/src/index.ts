export { fromLruCache, fromNodeCache, type LruCacheLike, type NodeCacheLike } from './cache-adapters.ts'
export { isDraining } from './draining.ts'
export { registerCache, type CacheRegistration, type RegisteredCache } from './register-cache.ts'
export { metrics } from './metrics.ts'
