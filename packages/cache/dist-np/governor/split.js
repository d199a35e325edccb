/** Parts that a budget is handed out in; fewer when there are many caches, as the work grows with caches × parts². */
const PARTS = 128;
const MOST_STEPS = 500_000;
/** What a cache of so many bytes loses. Between the points of its curve as the crow flies; without memory everything. */
export function lossOf(claim, bytes) {
    return claim.worth * missRatioAt(claim.curve, bytes);
}
export function missRatioAt(curve, bytes) {
    let before = { bytes: 0, missRatio: 1 };
    for (const point of curve) {
        if (bytes <= point.bytes) {
            const share = (bytes - before.bytes) / (point.bytes - before.bytes);
            return before.missRatio + share * (point.missRatio - before.missRatio);
        }
        before = point;
    }
    return before.missRatio;
}
/**
 * Hands a budget out so that as little as possible is lost in all: exactly, over parts of the budget, cliffs in the curves
 * included (a loop that nearly fits is worth nothing until it fits, which no step uphill would find). Every cache gets its
 * floor, none more than its ceiling; where the floors are more than the budget, they are cut alike. What is of no use to
 * anybody is shared out by ceiling, so that a cache that wakes up finds room.
 */
export function split(claims, budgetBytes) {
    const floorSum = claims.reduce((sum, { floorBytes }) => sum + floorBytes, 0);
    if (floorSum >= budgetBytes)
        return claims.map(({ floorBytes }) => Math.floor((floorBytes * budgetBytes) / floorSum));
    const partCount = Math.max(8, Math.min(PARTS, Math.floor(Math.sqrt(MOST_STEPS / Math.max(1, claims.length)))));
    const partBytes = (budgetBytes - floorSum) / partCount;
    const counts = bestCounts(claims, partCount, partBytes);
    const grants = claims.map((claim, at) => claim.floorBytes + counts[at] * partBytes);
    return shareRest(claims, grants, budgetBytes).map(Math.floor);
}
/** Parts for each claim: least loss for `n` parts among the first claims, claim by claim. */
function bestCounts(claims, partCount, partBytes) {
    let least = new Float64Array(partCount + 1);
    const choices = [];
    for (const claim of claims) {
        const mostParts = Math.min(partCount, Math.ceil((claim.ceilingBytes - claim.floorBytes) / partBytes));
        const losses = Float64Array.from({ length: mostParts + 1 }, (_, parts) => lossOf(claim, Math.min(claim.ceilingBytes, claim.floorBytes + parts * partBytes)));
        const next = new Float64Array(partCount + 1).fill(Infinity);
        const choice = new Uint8Array(partCount + 1);
        for (let parts = 0; parts <= partCount; parts++) {
            for (let own = 0; own <= Math.min(parts, mostParts); own++) {
                const loss = least[parts - own] + losses[own];
                if (loss >= next[parts] - 1e-9)
                    continue;
                next[parts] = loss;
                choice[parts] = own;
            }
        }
        choices.push(choice);
        least = next;
    }
    const counts = new Array(claims.length).fill(0);
    let left = partCount;
    for (let at = claims.length - 1; at >= 0; at--) {
        counts[at] = choices[at][left];
        left -= counts[at];
    }
    return counts;
}
/** What is left goes to those below their ceiling, in equal shares. */
function shareRest(claims, grants, budgetBytes) {
    const shared = grants.map((grant, at) => Math.min(grant, claims[at].ceilingBytes));
    for (let turn = 0; turn < claims.length; turn++) {
        const rest = budgetBytes - shared.reduce((sum, grant) => sum + grant, 0);
        const open = claims.flatMap(({ ceilingBytes }, at) => (shared[at] < ceilingBytes ? [at] : []));
        if (rest < 1 || open.length === 0)
            break;
        for (const at of open)
            shared[at] = Math.min(claims[at].ceilingBytes, shared[at] + rest / open.length);
    }
    return shared;
}
//# sourceMappingURL=split.js.map