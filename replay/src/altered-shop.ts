import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AlteredShop } from './trial.ts'

/**
 * A copy of the built shop in which one leak's file is changed. It lies within the checkout, so that it finds what the shop imports.
 * What `change` throws passes through, and nothing of the copy stays.
 */
export function alterShop(root: string, leak: string, change: (source: string, file: string) => string): AlteredShop {
  const shop = dirname(dirname(fileURLToPath(import.meta.resolve('@plimsoll/marketplace/main'))))
  mkdirSync(join(root, '.data'), { recursive: true })
  const copy = mkdtempSync(join(root, '.data', 'replay-altered-'))
  try {
    for (const part of ['package.json', 'dist', 'assets', 'migrations'])
      cpSync(join(shop, part), join(copy, part), { recursive: true })
    // What the shop has in other versions than the rest of the checkout.
    const own = join(shop, 'node_modules')
    if (existsSync(own)) symlinkSync(own, join(copy, 'node_modules'))
    const file = join(copy, 'dist', 'leak', `${leak}.js`)
    writeFileSync(file, change(readFileSync(file, 'utf8'), file))
  } catch (error) {
    rmSync(copy, { recursive: true, force: true })
    throw error
  }
  return { main: join(copy, 'dist', 'main.js'), remove: () => rmSync(copy, { recursive: true, force: true }) }
}
