import { page, serve } from './serve.js'

class Lru {
  entries = new Map()
  max = 12_000

  take(key, make) {
    const value = this.entries.get(key) ?? make()
    this.entries.delete(key)
    this.entries.set(key, value)
    if (this.entries.size > this.max) this.entries.delete(this.entries.keys().next().value)
    return value
  }
}

const cache = new Lru()

serve(({ url }) => cache.take(url, () => page(url)))
