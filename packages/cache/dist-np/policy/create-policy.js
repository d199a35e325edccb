import { Lru } from "./lru.js";
import { WTinyLfu } from "./w-tinylfu.js";
const policies = {
    'w-tinylfu': (options) => new WTinyLfu(options),
    lru: () => new Lru(),
};
export function createPolicy(name, options) {
    return policies[name](options);
}
//# sourceMappingURL=create-policy.js.map