const kindsByName = new Map([
    ['Object', 'object'],
    ['Array', 'array'],
    ['Map', 'map'],
    ['Set', 'set'],
    ['Date', 'date'],
    ['RegExp', 'regexp'],
    ['ArrayBuffer', 'buffer'],
    ['SharedArrayBuffer', 'buffer'],
    ['DataView', 'view'],
    ['TypedArray', 'view'],
    ...['Number', 'String', 'Boolean', 'BigInt', 'Symbol'].map((name) => [name, 'boxed']),
    ...['', 'Eval', 'Range', 'Reference', 'Syntax', 'Type', 'URI', 'Aggregate'].map((name) => [`${name}Error`, 'error']),
]);
const numericArray = /^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array$/;
const kinds = new WeakMap();
/** The kind of objects with this prototype; remembered, as reading a class's source is slow. */
export function kindOf(prototype) {
    if (prototype === Object.prototype || prototype === null)
        return 'object';
    if (prototype === Array.prototype)
        return 'array';
    const known = kinds.get(prototype);
    if (known !== undefined)
        return known;
    const kind = readKind(prototype);
    kinds.set(prototype, kind);
    return kind;
}
/**
 * Walks up to the first prototype that the language itself provides. Classes on the way are fine unless they keep private
 * `#` state, which nobody can look into; what the host provides (sockets, streams, Promises, iterators) is refused.
 */
function readKind(prototype) {
    for (let step = prototype; step !== null; step = Object.getPrototypeOf(step)) {
        const constructor = Object.hasOwn(step, 'constructor')
            ? step.constructor
            : null;
        if (typeof constructor !== 'function') {
            const tag = Object.hasOwn(step, Symbol.toStringTag)
                ? String(step[Symbol.toStringTag])
                : '';
            if (tag !== '')
                return { refused: `a ${tag}` };
            continue;
        }
        const source = Function.prototype.toString.call(constructor);
        if (source.endsWith('{ [native code] }')) {
            return (kindsByName.get(constructor.name.replace(numericArray, 'TypedArray')) ?? {
                refused: `an instance of ${constructor.name || 'a host class'}`,
            });
        }
        // Node's own Buffer is a class over Uint8Array and has nothing private; other classes of the host show themselves here.
        if (/[^\w'"`#]#[\p{ID_Start}$_]/u.test(source)) {
            return { refused: `an instance of ${constructor.name || 'a class'}, which keeps private state` };
        }
    }
    return 'object';
}
//# sourceMappingURL=kind.js.map