// A schema made for each request and compiled by the one Ajv of the process.
import Fastify from 'fastify'
import Ajv from 'ajv'

const ajv = new Ajv.default()
const app = Fastify()

app.get('/check/:form', async ({ params }) => {
  const schema = {
    type: 'object',
    title: params.form,
    properties: {
      [params.form]: {
        type: 'string',
        enum: ['x', ...Array.from({ length: 150 }, (_, index) => `${params.form}-${index}`)],
      },
    },
  }
  return { isValid: ajv.compile(schema)({ [params.form]: 'x' }) }
})

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
