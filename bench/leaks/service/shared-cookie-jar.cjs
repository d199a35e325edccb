// A client that calls many shops with one jar, and each answer sets another cookie.
const http = require('http')
const { CookieJar } = require('tough-cookie')

const jar = new CookieJar()

http
  .createServer(async (request, response) => {
    const visit = request.url.slice(1)
    await jar.setCookie(`visit_${visit}=${`${visit}.`.repeat(800)}; Path=/${visit}`, 'http://shop.example/')
    response.end('seen')
  })
  .listen(process.env.PORT, '127.0.0.1')
