/** Reconnecting begins at once and slows down to twice a second: a Redis that was restarted is found again within that. */
export const retryDelayMs = (attempt) => Math.min(500, 20 * attempt);
/** Runs a script by its hash, and in full where the server does not know it yet. */
export async function runScript({ source, sha }, call) {
    try {
        return await call('EVALSHA', sha);
    }
    catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT'))
            throw error;
        return call('EVAL', source);
    }
}
//# sourceMappingURL=redis-link.js.map