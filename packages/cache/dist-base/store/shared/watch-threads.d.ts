import type { SharedLayout } from './shared-memory.ts';
/** Frees the slots of workers that this thread starts from now on, when they end. Answers how to stop that. */
export declare function watchThreads(words: Int32Array, layout: SharedLayout): () => void;
