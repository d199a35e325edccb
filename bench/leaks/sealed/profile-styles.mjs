// Each profile has pictures of its own, and each picture's address goes into a class of its own.
import { css } from '@emotion/css'
import Fastify from 'fastify'

const tile = (address) =>
  css({
    backgroundImage: `url(${address})`,
    backgroundSize: 'cover',
    padding: 8,
    '&:hover': { opacity: 0.5 },
    '@media (max-width: 600px)': { padding: 4, display: 'block' },
  })

const app = Fastify()
app.get('/profile/:id', (request, reply) => {
  const { id } = request.params
  const tiles = Array.from({ length: 6 }, (_, index) => `<li class="${tile(`/upload/${id}/${index}.jpg`)}"></li>`)
  reply.type('text/html').send(`<ul>${tiles.join('')}</ul>`)
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
