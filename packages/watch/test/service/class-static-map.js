import { page, serve } from './serve.js'

class Registry {
  static sessions = new Map()
  visits = 0

  static open(url) {
    Registry.sessions.set(url, { html: page(url) })
  }
}

serve(({ url }) => Registry.open(url))
