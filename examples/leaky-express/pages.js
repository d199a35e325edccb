'use strict'

const escapeHtml = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const frame = (title, body) => `<!doctype html><title>${escapeHtml(title)}</title><h1>${escapeHtml(title)}</h1>${body}`

const form =
  '<form action="/search"><label>Look for <input name="q" placeholder="brass kettle"></label><button>Search</button></form>'

const item = ({ id, title, priceCents }) =>
  `<li id="thing-${id}"><a href="/things/${id}"><img src="/pictures/${id}.jpg" alt="" loading="lazy"><b>${escapeHtml(title)}</b></a>` +
  `<p>${(priceCents / 100).toFixed(2)} €, ready to send, free returns within thirty days</p></li>`

exports.homePage = () => frame('Things worth keeping', form)

exports.resultsPage = (query, things) =>
  frame(
    `${things.length} things for ${query}`,
    `${form}<ul>${things.map(item).join('')}</ul><a href="/recent">Back here later</a>`,
  )
