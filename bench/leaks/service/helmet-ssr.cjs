// Pages are rendered on the server, and Helmet is never asked for what it gathered.
const http = require('http')
const React = require('react')
const { renderToString } = require('react-dom/server')
const { Helmet } = require('react-helmet')

function Page({ url }) {
  return React.createElement(
    'main',
    null,
    React.createElement(
      Helmet,
      null,
      React.createElement('title', null, url),
      React.createElement('meta', { name: 'description', content: Array.from({ length: 800 }, () => url).join(' ') }),
    ),
    React.createElement('h1', null, url),
  )
}

http
  .createServer((request, response) => response.end(renderToString(React.createElement(Page, { url: request.url }))))
  .listen(process.env.PORT, '127.0.0.1')
