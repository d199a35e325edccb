const { parentPort } = require('worker_threads')

const invoices = new Map()

function renderInvoice(url) {
  return Array.from({ length: 400 }, (_, line) => ({ line, url, text: `item ${line} of ${url}` }))
}

parentPort.on('message', (url) => {
  if (!invoices.has(url)) invoices.set(url, renderInvoice(url))
  parentPort.postMessage(invoices.get(url).length)
})
