import express, { type Request, type Response } from 'express'
import session from 'express-session'

declare module 'express-session' {
  interface SessionData {
    visits: number
    seen: string[]
  }
}

const app = express()
app.use(session({ secret: process.env['SESSION_SECRET'] ?? 'keyboard cat', resave: false, saveUninitialized: true }))

app.get('/article/:slug', (req: Request, res: Response) => {
  req.session.visits = (req.session.visits ?? 0) + 1
  req.session.seen = [...(req.session.seen ?? []), req.params['slug'] as string].slice(-10)
  res.send(`<h1>${req.params['slug']}</h1><p>visit ${req.session.visits}</p>`)
})

app.listen(Number(process.env['PORT'] ?? 3000))
