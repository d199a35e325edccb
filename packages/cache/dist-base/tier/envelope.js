import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { PlimsollError } from '@plimsoll/core';
export const codecNames = ['v8', 'json', 'string', 'bytes'];
const codecs = {
    v8: { encode: serialize, decode: deserialize },
    json: {
        encode: (value) => Buffer.from(JSON.stringify(value)),
        decode: (bytes) => JSON.parse(bytes.toString()),
    },
    string: { encode: (value) => Buffer.from(value), decode: (bytes) => bytes.toString() },
    bytes: { encode: (value) => value, decode: (bytes) => bytes },
};
/** First byte of an envelope: whether the rest is compressed. */
const PLAIN = 0;
const DEFLATED = 1;
/** What an entry may unfold to: a small reply from a server that lies must not fill this process. */
const MOST_UNFOLDED_BYTES = 256 * 1024 * 1024;
const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
/** A value cannot be written as the codec wants it. */
export class EncodingError extends PlimsollError {
    constructor(message, options) {
        super('PLIMSOLL_CACHE_ENCODING', message, options);
    }
}
/** Folds values into bytes for the way to another process, compressed when that saves an eighth or more. */
export class Envelope {
    #codec;
    #compressFromBytes;
    #maxUnfoldedBytes;
    constructor(codec, compressFromBytes, maxUnfoldedBytes = MOST_UNFOLDED_BYTES) {
        this.#maxUnfoldedBytes = maxUnfoldedBytes;
        this.#codec = typeof codec === 'string' ? codecs[codec] : codec;
        this.#compressFromBytes = compressFromBytes;
    }
    /** @throws {@link EncodingError} when the codec cannot write the value */
    async fold(value) {
        const plain = this.#encode(value);
        if (plain.byteLength >= this.#compressFromBytes) {
            // Level 1: on pages and JSON it saves nearly as much as level 6 at a third of the time.
            const deflated = await deflate(plain, { level: 1 });
            if (deflated.byteLength <= plain.byteLength * 0.875)
                return Buffer.concat([Buffer.of(DEFLATED), deflated]);
        }
        return Buffer.concat([Buffer.of(PLAIN), plain]);
    }
    /** Undefined when these bytes cannot be read. */
    async unfold(bytes) {
        try {
            const folded = bytes.subarray(1);
            if (bytes[0] === PLAIN)
                return this.#codec.decode(folded);
            if (bytes[0] !== DEFLATED)
                return undefined;
            return this.#codec.decode(await inflate(folded, { maxOutputLength: this.#maxUnfoldedBytes }));
        }
        catch {
            return undefined;
        }
    }
    #encode(value) {
        let bytes;
        try {
            bytes = this.#codec.encode(value);
        }
        catch (cause) {
            throw new EncodingError(`The codec cannot write the value. Cache plain data, or give another codec.`, { cause });
        }
        if (bytes instanceof Uint8Array)
            return bytes;
        throw new EncodingError('The codec answered no bytes. encode must return a Uint8Array, decode take a Buffer.');
    }
}
/** Null for what we did not write. */
export function parseStoredEntry(stored) {
    const first = stored.indexOf(10);
    const second = first < 0 ? -1 : stored.indexOf(10, first + 1);
    if (second < 0)
        return null;
    try {
        return { tags: parseTags(stored.toString('utf8', first + 1, second)), folded: stored.subarray(second + 1) };
    }
    catch {
        return null;
    }
}
export function encodeTags(tags) {
    return tags.length === 0 ? '' : JSON.stringify(tags);
}
function parseTags(text) {
    return text === '' ? [] : JSON.parse(text);
}
//# sourceMappingURL=envelope.js.map