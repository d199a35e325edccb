/**
 * A syntax error that V8 threw keeps all of the text that was parsed, under a name that nobody can reach: 101,000 bytes for 100,000
 * characters given to `JSON.parse`, on Node.js 20, 22 and 24. An equal one that was made by hand keeps nothing.
 */
export function ownedError(error) {
    const copy = new SyntaxError(error.message);
    for (const name of Reflect.ownKeys(error)) {
        if (name === 'stack' || name === 'message')
            continue;
        Object.defineProperty(copy, name, Object.getOwnPropertyDescriptor(error, name));
    }
    // Assigned, it takes the place of the one that V8 took down here.
    copy.stack = readStack(error);
    return copy;
}
/** Reading the stack writes it down, and lets the frames go with all that they hold. A host's way to write it may throw. */
export function readStack(error) {
    try {
        return error.stack;
    }
    catch {
        return undefined;
    }
}
/**
 * May its properties be a hash table? `Error.captureStackTrace(this, …)` in a constructor makes them one, and so do many names; nothing
 * in the language tells. An error of the language itself with a few names has fields.
 */
export function isErrorTable(error, nameCount) {
    return nameCount > MOST_FIELDS || !builtIns.has(Object.getPrototypeOf(error));
}
/** Own names of an error that V8 kept as fields in measurements on Node.js 20, 22 and 24. */
const MOST_FIELDS = 16;
const builtIns = new Set([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map(({ prototype }) => prototype));
//# sourceMappingURL=error.js.map