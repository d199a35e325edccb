export { createCache } from "./cache.js";
export {} from "./options.js";
export {} from "./removal.js";
export {} from "./stats.js";
export { EntryTooLargeError, InvalidWeightError, LoadTimeoutError, ReentrantLoadError, UnweighableValueError, } from "./errors.js";
export { UnstorableValueError } from "./store/off-heap/value-bytes.js";
export { UnstorableKeyError } from "./store/off-heap/key-bytes.js";
export { startGovernor, } from "./governor/governor.js";
export {} from "./governor/curve-sampler.js";
export {} from "./governor/pressure.js";
//# sourceMappingURL=index.js.map