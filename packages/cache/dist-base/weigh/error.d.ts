/**
 * A syntax error that V8 threw keeps all of the text that was parsed, under a name that nobody can reach: 101,000 bytes for 100,000
 * characters given to `JSON.parse`, on Node.js 20, 22 and 24. An equal one that was made by hand keeps nothing.
 */
export declare function ownedError(error: SyntaxError): SyntaxError;
/** Reading the stack writes it down, and lets the frames go with all that they hold. A host's way to write it may throw. */
export declare function readStack(error: Error): unknown;
/**
 * May its properties be a hash table? `Error.captureStackTrace(this, …)` in a constructor makes them one, and so do many names; nothing
 * in the language tells. An error of the language itself with a few names has fields.
 */
export declare function isErrorTable(error: Error, nameCount: number): boolean;
