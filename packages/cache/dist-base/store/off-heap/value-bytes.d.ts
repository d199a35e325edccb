import { PlimsollError } from '@plimsoll/core';
export declare const codecNames: readonly ["v8", "json", "string", "raw"];
/** How an off-heap store turns values into bytes. */
export type CodecName = (typeof codecNames)[number];
/** A value that the cache's codec does not take. */
export declare class UnstorableValueError extends PlimsollError {
    readonly codec: CodecName;
    constructor({ codec, what, cause }: {
        codec: CodecName;
        what: string;
        cause?: unknown;
    });
}
/** Turns values into bytes: `prepare` says how many and of which kind, `writeTo` puts them there. */
export declare class ValueBytes {
    #private;
    kind: number;
    byteLength: number;
    constructor(codec: CodecName);
    /** May run the value's own code (`toJSON`, getters). @throws {@link UnstorableValueError} */
    prepare(value: unknown): void;
    writeTo(target: Buffer, at: number): void;
    /** Forgets what was prepared: nothing may keep it alive. */
    release(): void;
}
/** The value of these bytes, of which it holds nothing. */
export declare function readValue(kind: number, bytes: Buffer, from: number, end: number): unknown;
/** Whether a value can be read while its bytes are overwritten: any bytes make one, of a length that is known before. */
export declare function isPlain(kind: number): boolean;
/** What the bytes of a plain value say, before it is known whether they stood still. */
export declare function readPlain(kind: number, bytes: Buffer, from: number, end: number): Buffer | string;
export declare function finishPlain(kind: number, said: Buffer | string): unknown;
