import { formatBytes, type Clock } from '@plimsoll/core'
import type { CacheHandle, Command } from '@plimsoll/core/wire'
import type { CommandOutcome } from '../../context.ts'

/** A cleared map may be freed over several turns of the event loop. */
const SETTLE_MS = 200
/** Less than this is no effect. */
const MIN_FREED_BYTES = 256 * 1024

export interface CacheActionOptions {
  clock: Clock
  find(name: string): readonly CacheHandle[]
  /** Heap and external memory after a full collection, or as near to it as may be measured now. */
  measureBytes(hasLetGo: boolean): number
  /** Called when entries were taken out on our order. */
  noteCleared(): void
}

/** Clears or shrinks a registered cache, and tells what that did to the floor. Runs on the main thread. */
export async function runCacheAction(
  command: Command,
  { clock, find, measureBytes, noteCleared }: CacheActionOptions,
): Promise<CommandOutcome> {
  const name = command.cache ?? ''
  const handles = find(name)
  if (handles.length === 0)
    return { status: 'refused', sentence: `No cache called "${name}" is registered in this process.` }
  const toBytes = command.toBytes ?? 0
  if (command.kind === 'shrink-cache' && handles.some(({ shrink }) => !shrink)) {
    return { status: 'refused', sentence: `The cache "${name}" can be cleared, but not shrunk.` }
  }
  const beforeBytes = measureBytes(false)
  for (const handle of handles) {
    if (command.kind === 'shrink-cache') handle.shrink!(toBytes)
    else handle.clear()
  }
  await new Promise<void>((resolve) => void clock.after(SETTLE_MS, resolve))
  noteCleared()
  const afterBytes = measureBytes(true)
  const freed = beforeBytes - afterBytes
  const what =
    command.kind === 'shrink-cache'
      ? `Shrunk the cache "${name}" to ${formatBytes(toBytes)}`
      : `Cleared the cache "${name}"`
  const effect = freed >= MIN_FREED_BYTES ? `that freed ${formatBytes(freed)}` : 'that freed nothing worth telling'
  return {
    status: 'done',
    sentence: `${what}; ${effect} (now ${formatBytes(afterBytes)}).`,
    effect: { beforeBytes, afterBytes },
  }
}
