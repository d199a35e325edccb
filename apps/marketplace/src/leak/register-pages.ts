import { registerCache } from '@plimsoll/watch'
import { clearPages } from './pages-by-url.ts'

// The one line by which the owner of the old page cache lets whoever watches clear it. Without a watch it does nothing.
registerCache('pages', { clear: clearPages })
