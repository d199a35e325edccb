import { channel } from 'node:diagnostics_channel'
import { cacheOpenedChannel, type CacheHandle } from '@plimsoll/core/wire'
import { clearPages } from './pages-by-url.ts'

/** What the owner of the old page cache hands to whoever watches, so that it can be cleared. It knows nothing of its bytes. */
const pagesHandle: CacheHandle = {
  name: 'pages-by-url',
  createdAt: 'src/leak/pages-by-url.ts:6',
  clear: clearPages,
  report: () => ({
    name: 'pages-by-url',
    createdAt: 'src/leak/pages-by-url.ts:6',
    bytes: null,
    budgetBytes: null,
    entryCount: null,
    hitCount: 0,
    missCount: 0,
    loadCount: 0,
    removals: {},
    curve: [],
  }),
}

channel(cacheOpenedChannel).publish(pagesHandle)
