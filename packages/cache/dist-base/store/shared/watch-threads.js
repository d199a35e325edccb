import { releaseThread } from "./thread-slot.js";
/** Memories that this thread has open. */
const watched = new Set();
/** Frees the slots of workers that this thread starts from now on, when they end. Answers how to stop that. */
export function watchThreads(words, layout) {
    const memory = { words, layout };
    if (watched.size === 0)
        process.on('worker', watch);
    watched.add(memory);
    return () => {
        watched.delete(memory);
        if (watched.size === 0)
            process.off('worker', watch);
    };
}
function watch(worker) {
    const { threadId } = worker;
    worker.once('exit', () => {
        for (const { words, layout } of watched)
            releaseThread(words, layout, threadId);
    });
}
//# sourceMappingURL=watch-threads.js.map