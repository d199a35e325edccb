import { readFileSync } from 'node:fs';
import { PerformanceObserver, constants, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { MiB } from '@plimsoll/core';
import { HeapEstimate } from "./heap-estimate.js";
/**
 * Where the lines are drawn. Above three quarters of the heap in use V8 collects more and more; what is used and not known to be live
 * may be garbage, so that line is higher. Above the container's, the kernel may kill.
 */
const HEAP_LIVE_LINE = 0.75;
const HEAP_LINE = 0.92;
const CGROUP_LINE = 0.9;
/** A young generation that is as large as it gets, or a sixteenth of the heap. */
const LEAST_SLACK_BYTES = 32 * MiB;
const SLACK_SHARE = 1 / 16;
/** How long after a full collection its pages may still be on their way back to the machine. */
const UNMAPPING_MS = 1000;
/** V8's heap and the container's memory. */
export function machinePressure(read = (path) => readFileSync(path, 'utf8')) {
    const cgroup = findCgroup(read);
    const limitBytes = getHeapStatistics().heap_size_limit;
    const estimate = new HeapEstimate(Math.max(LEAST_SLACK_BYTES, SLACK_SHARE * limitBytes));
    let unmapping = { bytes: 0, untilMs: -Infinity };
    let offHeap = { bytes: 0, mostBytes: 0 };
    let tell = () => { };
    const observer = new PerformanceObserver((list) => {
        const entries = list.getEntries();
        if (!entries.some(({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR))
            return;
        const nowMs = performance.now();
        unmapping = { bytes: estimate.givenBytes + offHeap.mostBytes - offHeap.bytes, untilMs: nowMs + UNMAPPING_MS };
        offHeap.mostBytes = offHeap.bytes;
        estimate.collected(getHeapStatistics().used_heap_size, nowMs);
        tell();
    });
    let isObserving = false;
    return {
        limits: () => ({ heapBytes: limitBytes, cgroupBytes: cgroup?.limitBytes ?? null }),
        roomBytes({ onHeapBytes, offHeapBytes }) {
            if (!isObserving)
                observer.observe({ entryTypes: ['gc'] });
            isObserving = true;
            const nowMs = performance.now();
            const usedBytes = getHeapStatistics().used_heap_size;
            estimate.look(usedBytes, onHeapBytes);
            offHeap = { bytes: offHeapBytes, mostBytes: Math.max(offHeap.mostBytes, offHeapBytes) };
            const heapBytes = Math.min(HEAP_LINE * limitBytes - usedBytes + estimate.givenBytes, HEAP_LIVE_LINE * limitBytes - estimate.liveBytes(usedBytes, nowMs));
            if (cgroup === null)
                return heapBytes;
            const goneBytes = estimate.givenBytes + offHeap.mostBytes - offHeap.bytes;
            const leavingBytes = Math.max(goneBytes, nowMs < unmapping.untilMs ? unmapping.bytes : 0);
            return Math.min(heapBytes, CGROUP_LINE * cgroup.limitBytes - cgroup.usedBytes() + leavingBytes);
        },
        onNews: (look) => (tell = look),
        stop() {
            observer.disconnect();
            isObserving = false;
        },
    };
}
/** The container's limit and use, without the file cache that the kernel would drop first: version 2, then 1; null without a limit. */
function findCgroup(read) {
    const tryRead = (path) => {
        try {
            return read(path).trim();
        }
        catch {
            return null;
        }
    };
    const own = /^0::(\/.*)$/m.exec(tryRead('/proc/self/cgroup') ?? '')?.[1] ?? '';
    const places = [
        { folder: `/sys/fs/cgroup${own === '/' ? '' : own}`, limit: 'memory.max', used: 'memory.current' },
        { folder: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current' },
        { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes' },
    ];
    for (const { folder, limit, used } of places) {
        const limitBytes = Number(tryRead(`${folder}/${limit}`) || NaN);
        // Version 1 writes "no limit" as the largest page-aligned number.
        if (!(limitBytes > 0 && limitBytes < 2 ** 60))
            continue;
        const usedBytes = () => {
            const inactive = /^(?:total_)?inactive_file (\d+)$/m.exec(tryRead(`${folder}/memory.stat`) ?? '')?.[1] ?? '0';
            return Number(tryRead(`${folder}/${used}`) ?? 0) - Number(inactive);
        };
        return { limitBytes, usedBytes };
    }
    return null;
}
//# sourceMappingURL=pressure.js.map