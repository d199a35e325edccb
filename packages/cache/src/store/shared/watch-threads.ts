import type { Worker } from 'node:worker_threads'
import type { SharedLayout } from './shared-memory.ts'
import { releaseThread } from './thread-slot.ts'

interface Watched {
  readonly words: Int32Array
  readonly layout: SharedLayout
}

/** Memories that this thread has open. */
const watched = new Set<Watched>()

/** Frees the slots of workers that this thread starts from now on, when they end. Answers how to stop that. */
export function watchThreads(words: Int32Array, layout: SharedLayout): () => void {
  const memory = { words, layout }
  if (watched.size === 0) process.on('worker', watch)
  watched.add(memory)
  return () => {
    watched.delete(memory)
    if (watched.size === 0) process.off('worker', watch)
  }
}

function watch(worker: Worker): void {
  const { threadId } = worker
  worker.once('exit', () => {
    for (const { words, layout } of watched) releaseThread(words, layout, threadId)
  })
}
