export { createSharedMemory } from "./store/shared/shared-memory.js";
export { openSharedCache, } from "./store/shared/shared-cache.js";
export { TooManyThreadsError } from "./store/shared/thread-slot.js";
//# sourceMappingURL=shared.js.map