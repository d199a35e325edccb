import express from 'express'
import { LRUCache } from 'lru-cache'
import { marked } from 'marked'

const app = express()
const rendered = new LRUCache({ max: 500 })

function render(slug) {
  const cached = rendered.get(slug)
  if (cached) return cached
  const html = marked.parse(`# Post ${slug}\n\nSome *text* about **${slug}**.\n\n${'- a point\n'.repeat(10)}`)
  rendered.set(slug, html)
  return html
}

app.get('/posts/:slug', (request, response) => {
  response.type('html').send(`<!doctype html>${render(request.params.slug)}`)
})
app.get('/', (request, response) => response.redirect('/posts/welcome'))

app.listen(process.env.PORT ?? 3000)
