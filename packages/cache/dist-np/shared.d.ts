export { createSharedMemory, type SharedMemoryOptions } from './store/shared/shared-memory.ts';
export { openSharedCache, type SharedCache, type SharedCacheOptions, type SharedCacheStats, } from './store/shared/shared-cache.ts';
export { TooManyThreadsError } from './store/shared/thread-slot.ts';
