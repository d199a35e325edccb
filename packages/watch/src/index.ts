export { registerCache, type CacheRegistration, type RegisteredCache } from './register-cache.ts'
export { isDraining } from './draining.ts'
