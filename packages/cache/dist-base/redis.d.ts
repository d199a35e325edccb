export { startRedisTier, type RedisTier, type RedisTierStats } from './tier/redis-tier.ts';
export { type TieredCache, type TieredCacheStats, type WarmReport } from './tier/tiered-cache.ts';
export { type RedisTierOptions, type TieredCacheOptions } from './tier/options.ts';
export { type RedisClient } from './tier/redis-client.ts';
export { EncodingError, type Codec, type CodecName } from './tier/envelope.ts';
export { type Delivery } from './tier/change-log.ts';
export { type BreakerState } from './tier/circuit-breaker.ts';
