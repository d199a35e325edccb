import { PlimsollError, messageOf } from '@plimsoll/core';
import { DefaultSerializer, deserialize } from 'node:v8';
export const codecNames = ['v8', 'json', 'string', 'raw'];
/** A value that the cache's codec does not take. */
export class UnstorableValueError extends PlimsollError {
    codec;
    constructor({ codec, what, cause }) {
        super('PLIMSOLL_CACHE_UNSTORABLE_VALUE', `The codec ${codec} cannot keep this value: ${what}. Cache plain data, or create the cache with another codec (${codecNames.join(', ')}).`, { cause });
        this.codec = codec;
    }
}
// What the bytes of a value are.
const RAW = 0;
const LATIN1 = 1;
const UTF8 = 2;
const UTF16 = 3;
const JSON_LATIN1 = 4;
const JSON_UTF8 = 5;
const JSON_UTF16 = 6;
const V8 = 7;
/** Holds typed arrays or buffers, which V8 reads as views of what it is given: it gets a copy. */
const V8_WITH_VIEWS = 8;
/** From a text's kind to that of a JSON text. */
const JSON_OFFSET = JSON_LATIN1 - LATIN1;
/** Turns values into bytes: `prepare` says how many and of which kind, `writeTo` puts them there. */
export class ValueBytes {
    kind = RAW;
    byteLength = 0;
    #codec;
    #text = '';
    #bytes = nothing;
    constructor(codec) {
        this.#codec = codec;
    }
    /** May run the value's own code (`toJSON`, getters). @throws {@link UnstorableValueError} */
    prepare(value) {
        switch (this.#codec) {
            case 'raw':
                if (!(value instanceof Uint8Array))
                    throw this.#refusal('it is no Uint8Array or Buffer');
                return this.#putBytes(value, RAW);
            case 'string':
                if (typeof value !== 'string')
                    throw this.#refusal(`it is of type ${typeof value}`);
                return this.#putText(value);
            case 'json':
                this.#putText(this.#toJson(value));
                this.kind += JSON_OFFSET;
                return;
            case 'v8':
                if (typeof value === 'string')
                    this.#putText(value);
                else
                    this.#serialize(value);
        }
    }
    writeTo(target, at) {
        switch (this.kind) {
            case LATIN1:
            case JSON_LATIN1:
                target.write(this.#text, at, this.byteLength, 'latin1');
                break;
            case UTF8:
            case JSON_UTF8:
                target.write(this.#text, at, this.byteLength, 'utf8');
                break;
            case UTF16:
            case JSON_UTF16:
                target.write(this.#text, at, this.byteLength, 'ucs2');
                break;
            default:
                target.set(this.#bytes, at);
        }
    }
    /** Forgets what was prepared: nothing may keep it alive. */
    release() {
        this.#text = '';
        this.#bytes = nothing;
    }
    #putBytes(bytes, kind) {
        this.#bytes = bytes;
        this.byteLength = bytes.byteLength;
        this.kind = kind;
    }
    /** In the shortest form that gives back every letter: UTF-8 has none for half of a surrogate pair. */
    #putText(text) {
        const { length } = text;
        const utf8Length = Buffer.byteLength(text);
        this.#text = text;
        if (utf8Length === length)
            this.#is(LATIN1, length);
        else if (utf8Length < 2 * length && !loneSurrogate.test(text))
            this.#is(UTF8, utf8Length);
        else
            this.#is(UTF16, 2 * length);
    }
    #is(kind, byteLength) {
        this.kind = kind;
        this.byteLength = byteLength;
    }
    #toJson(value) {
        let text;
        try {
            text = JSON.stringify(value);
        }
        catch (cause) {
            throw this.#refusal(messageOf(cause), cause);
        }
        if (text === undefined)
            throw this.#refusal(`JSON has no word for a ${typeof value}`);
        return text;
    }
    #serialize(value) {
        const serializer = new Serializer();
        try {
            serializer.writeHeader();
            serializer.writeValue(value);
        }
        catch (cause) {
            throw this.#refusal(messageOf(cause), cause);
        }
        this.#putBytes(serializer.releaseBuffer(), serializer.hasViews ? V8_WITH_VIEWS : V8);
    }
    #refusal(what, cause) {
        return new UnstorableValueError({ codec: this.#codec, what, cause });
    }
}
const nothing = new Uint8Array(0);
const loneSurrogate = /\p{Surrogate}/u;
class Serializer extends DefaultSerializer {
    hasViews = false;
    /** Called by Node.js for each typed array, DataView and Buffer. */
    _writeHostObject(view) {
        this.hasViews = true;
        DefaultSerializer.prototype._writeHostObject.call(this, view);
    }
}
/** The value of these bytes, of which it holds nothing. */
export function readValue(kind, bytes, from, end) {
    switch (kind) {
        case RAW:
            return copyOf(bytes, from, end, Buffer.allocUnsafe(end - from));
        case LATIN1:
            return bytes.toString('latin1', from, end);
        case UTF8:
            return bytes.toString('utf8', from, end);
        case UTF16:
            return bytes.toString('ucs2', from, end);
        case JSON_LATIN1:
            return JSON.parse(bytes.toString('latin1', from, end));
        case JSON_UTF8:
            return JSON.parse(bytes.toString('utf8', from, end));
        case JSON_UTF16:
            return JSON.parse(bytes.toString('ucs2', from, end));
        case V8:
            return deserialize(bytes.subarray(from, end));
        default:
            return deserialize(copyOf(bytes, from, end, Buffer.allocUnsafeSlow(end - from)));
    }
}
/** Whether a value can be read while its bytes are overwritten: any bytes make one, of a length that is known before. */
export function isPlain(kind) {
    return kind === RAW || kind === LATIN1 || kind === JSON_LATIN1;
}
/** What the bytes of a plain value say, before it is known whether they stood still. */
export function readPlain(kind, bytes, from, end) {
    return kind === RAW ? copyOf(bytes, from, end, Buffer.allocUnsafe(end - from)) : bytes.toString('latin1', from, end);
}
export function finishPlain(kind, said) {
    return kind === JSON_LATIN1 ? JSON.parse(said) : said;
}
function copyOf(bytes, from, end, copy) {
    bytes.copy(copy, 0, from, end);
    return copy;
}
//# sourceMappingURL=value-bytes.js.map