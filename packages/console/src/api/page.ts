import type { FastifyReply } from 'fastify'
import { createHash } from 'node:crypto'
import { escapeHtml } from '../notify/channel/mail.ts'

const css =
  'body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem;color:#1c2b3a;background:#fbfcfd;overflow-wrap:anywhere}h1{font-size:24px;line-height:1.3}a{color:inherit}button{width:100%;min-height:56px;margin:8px 0 16px;font:inherit;font-weight:600;color:#fbfcfd;background:#1c2b3a;border:0;border-radius:6px;cursor:pointer}:focus-visible{outline:3px solid #2494ab;outline-offset:2px}@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#141c26}button{color:#141c26;background:#e6ebf0}}'

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`

export interface Page {
  title: string
  sentence: string
  /** The one button. */
  form?: { action: string; button: string }
  /** A way on. */
  link?: { href: string; words: string }
}

/** A page of one sentence, and perhaps one button: for links that are opened where the web pages may not be signed in. */
export function sendSmallPage(reply: FastifyReply, { title, sentence, form, link }: Page): FastifyReply {
  const button = form
    ? `<form method="post" action="${escapeHtml(form.action)}"><button type="submit">${escapeHtml(form.button)}</button></form>`
    : ''
  const way = link ? `<p><a href="${escapeHtml(link.href)}">${escapeHtml(link.words)}</a></p>` : ''
  return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${css}</style></head>
<body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(sentence)}</p>${button}${way}</main></body>
</html>
`)
}
