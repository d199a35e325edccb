/** What the caches hold, in bytes. */
export interface Held {
    readonly onHeapBytes: number;
    readonly offHeapBytes: number;
}
/** Tells how much more memory may be used before the process is in danger. */
export interface PressureSource {
    limits(): {
        heapBytes: number;
        cgroupBytes: number | null;
    };
    /**
     * Bytes to the line that should not be crossed; below zero when it is. Asked four times a second. What caches have given back is
     * garbage until the next full collection, and should count as gone, so that one shortage is not answered twice.
     */
    roomBytes(held: Held): number;
    /** `look` is to be called when there is news that should not wait for the next time. */
    onNews?(look: () => void): void;
    /** Nobody asks any more. */
    stop?(): void;
}
type Read = (path: string) => string;
/** V8's heap and the container's memory. */
export declare function machinePressure(read?: Read): PressureSource;
export {};
