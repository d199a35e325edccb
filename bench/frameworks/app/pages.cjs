'use strict'
const pages = new Map()

/** Lets nothing go: the leak whose line is to be named. */
exports.remember = (id) => {
  const page = { id, items: Array.from({ length: 40 }, (_, index) => `${id} item ${index}`) }
  if (!id.startsWith('known-')) pages.set(id, page)
  return page
}
