export { registerCache, type CacheRegistration, type RegisteredCache } from './register-cache.ts'
export { metrics } from './metrics.ts'
