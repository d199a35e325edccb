import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A built file as it leaves. */
export interface PageFile {
  type: string
  /** Names under `assets/` carry their content's hash; everything else must be asked for again. */
  isForever: boolean
  bytes: Buffer
  gzipped: Buffer
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}
/** Ours are a tenth of it; a folder of something else is not read into memory. */
const MAX_PAGES_BYTES = 4 * 1024 * 1024

/**
 * The built web pages by their path below `webDir`, each packed once; empty when they were not built. They are few and small, and
 * what is read at the start can neither be missing at three in the morning nor be led to another file of the machine.
 * @throws Error when the folder holds more than {@link MAX_PAGES_BYTES}
 */
export async function readPages(webDir: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(webDir, { recursive: true, withFileTypes: true }).catch(() => [])
  const pages = new Map<string, PageFile>()
  let totalBytes = 0
  for (const entry of entries) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    totalBytes += bytes.length
    if (totalBytes > MAX_PAGES_BYTES)
      throw new Error(`${webDir} holds more than the web pages. Build them anew: npm run build`)
    const name = path.slice(webDir.length).replaceAll('\\', '/').replace(/^\/+/, '')
    pages.set(name, {
      type,
      isForever: name.startsWith('assets/'),
      bytes,
      gzipped: await promisify(gzip)(bytes, { level: 9 }),
    })
  }
  return pages
}
