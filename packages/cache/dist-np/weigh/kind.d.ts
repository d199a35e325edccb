/** How an object is laid out, as far as its prototype tells. */
export type Kind = 'object' | 'array' | 'map' | 'set' | 'date' | 'regexp' | 'error' | 'boxed' | 'view' | 'buffer'
/** Keeps what JavaScript cannot see. */
 | {
    refused: string;
};
/** The kind of objects with this prototype; remembered, as reading a class's source is slow. */
export declare function kindOf(prototype: object | null): Kind;
