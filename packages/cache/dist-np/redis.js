export { startRedisTier } from "./tier/redis-tier.js";
export {} from "./tier/tiered-cache.js";
export {} from "./tier/options.js";
export {} from "./tier/redis-client.js";
export { EncodingError } from "./tier/envelope.js";
export {} from "./tier/change-log.js";
export {} from "./tier/circuit-breaker.js";
//# sourceMappingURL=redis.js.map