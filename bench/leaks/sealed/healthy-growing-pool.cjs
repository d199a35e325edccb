// A pool opens another session when all are busy, up to 40 of them, and closes none: each keeps its buffers and what it prepared.
const { setTimeout: sleep } = require('timers/promises')
const Router = require('@koa/router')
const genericPool = require('generic-pool')
const Koa = require('koa')

class Session {
  #scratch = Array.from({ length: 40_000 }, (_, index) => ({ index }).index / 3)
  #prepared = new Map()

  async query(text) {
    if (!this.#prepared.has(text) && this.#prepared.size < 60)
      this.#prepared.set(text, { text, plan: Array.from({ length: 60 }, (_, step) => `${text} step ${step}`) })
    await sleep(1500)
    return this.#scratch.length
  }
}

const pool = genericPool.createPool(
  { create: async () => new Session(), destroy: async () => {} },
  { min: 2, max: 40, evictionRunIntervalMillis: 0 },
)

const router = new Router()
router.get('/orders/:kind', async (context) => {
  context.body = { count: await pool.use((session) => session.query(`select ${context.params.kind}`)) }
})

new Koa().use(router.routes()).listen(process.env.PORT, '127.0.0.1')
