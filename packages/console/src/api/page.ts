import { escapeHtml } from '../notify/channel/mail.ts'

/** A page of one sentence, and perhaps one button: for links that are opened where the web pages may not be signed in. */
export function renderPage(title: string, sentence: string, form?: { action: string; button: string }): string {
  const button = form
    ? `<form method="post" action="${escapeHtml(form.action)}"><button type="submit">${escapeHtml(form.button)}</button></form>`
    : ''
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(sentence)}</p>${button}</main></body>
</html>
`
}
