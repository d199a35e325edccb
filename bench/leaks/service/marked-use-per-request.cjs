// The renderer is adapted to each request on the one instance everybody shares: each adaptation keeps the one before.
const http = require('http')
const { marked } = require('marked')

http
  .createServer((request, response) => {
    const links = Array.from({ length: 75 }, (_, index) => `${request.url}/${index}`)
    marked.use({
      renderer: { link: (href, title, text) => `<a href="${links[0]}${href}">${text} of ${links.length}</a>` },
    })
    response.end(marked.parse('# Notes\n\nSee [this](page) and *that*.'))
  })
  .listen(process.env.PORT, '127.0.0.1')
