/** A Lua script and the hash by which the server remembers it. */
export interface Script {
    readonly source: string;
    readonly sha: string;
}
/** One way to a server, which may be lost and found again by itself. It never queues: what cannot be sent now is refused. */
export interface RedisLink {
    readonly isReady: boolean;
    /** Replies hold Buffers for strings. All keys live in one hash slot. */
    run(script: Script, keys: readonly string[], args: readonly (string | Buffer | number)[]): Promise<unknown>;
    /** Drops the connection for commands, or the one for messages, and makes it anew. */
    recycle(which: 'commands' | 'messages'): void;
    close(): void;
}
export interface LinkEvents {
    /** Commands can be sent: at first, and again after each loss. */
    ready(): void;
    /** A connection for commands was lost; another server may answer on the next. */
    lost(): void;
    message(text: string): void;
    /** Something the library tells of; the link mends itself. */
    error(error: Error): void;
}
/** Opens the link. @param channel where `message` listens */
export type OpenLink = (channel: string, events: LinkEvents) => RedisLink;
/** Reconnecting begins at once and slows down to twice a second: a Redis that was restarted is found again within that. */
export declare const retryDelayMs: (attempt: number) => number;
/** Runs a script by its hash, and in full where the server does not know it yet. */
export declare function runScript<R>({ source, sha }: Script, call: (command: 'EVALSHA' | 'EVAL', script: string) => Promise<R>): Promise<R>;
