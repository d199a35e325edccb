import { channel } from 'node:diagnostics_channel';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheClosedChannel, cacheOpenedChannel } from '@plimsoll/core/wire';
/** Tells whoever watches that a cache exists. Costs nothing when nobody does. */
export function announceOpened(handle) {
    channel(cacheOpenedChannel).publish(handle);
}
export function announceClosed(handle) {
    channel(cacheClosedChannel).publish(handle);
}
/**
 * Where `callee` was called from: `src/catalog/pages.ts:41`, relative to the working directory; null where the stack does
 * not tell. Captures one stack frame, once a cache.
 */
export function callSiteOf(callee) {
    const holder = {};
    const limit = Error.stackTraceLimit;
    try {
        Error.stackTraceLimit = 1;
        Error.captureStackTrace(holder, callee);
        return typeof holder.stack === 'string' ? placeIn(holder.stack) : null;
    }
    catch {
        return null;
    }
    finally {
        Error.stackTraceLimit = limit;
    }
}
function placeIn(stack) {
    const match = /\n\s+at (?:.*\()?(\S.*?):(\d+):\d+\)?\s*$/.exec(stack);
    if (!match)
        return null;
    const [, place, line] = match;
    const path = place.startsWith('file:') ? fileURLToPath(place) : place;
    const inside = relative(process.cwd(), path);
    return `${(inside.startsWith('..') ? path : inside).replaceAll(sep, '/')}:${line}`;
}
//# sourceMappingURL=channels.js.map