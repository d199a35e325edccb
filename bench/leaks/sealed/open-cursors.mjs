// The first page of a listing is read from a cursor, which stays open for a second page that hardly anybody asks for.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import express from 'express'

const archive = new ClassicLevel(mkdtempSync(join(tmpdir(), 'archive-')))
for (let batch = 0; batch < 20; batch++) {
  const rows = Array.from({ length: 1000 }, (_, index) => ({
    type: 'put',
    key: `letter-${String(batch * 1000 + index).padStart(8, '0')}`,
    value: `${'Dear reader. '.repeat(40)}${Math.random()}`,
  }))
  await archive.batch(rows)
}

const app = express()
app.get('/letters/:from', async (request, response) => {
  const start = Number(request.params.from.replaceAll(/\D/g, '')) % 19_000
  const cursor = archive.iterator({ gte: `letter-${String(start).padStart(8, '0')}` })
  const page = await cursor.nextv(40)
  response.json(page.map(([key]) => key))
})
app.listen(process.env.PORT, '127.0.0.1')
