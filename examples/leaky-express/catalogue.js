'use strict'

const shapes = ['Teapot', 'Lantern', 'Basket', 'Stool', 'Kettle', 'Blanket', 'Compass', 'Ladder']
const stuffs = ['copper', 'oak', 'willow', 'wool', 'brass', 'linen', 'slate', 'cork']

/** 512 things one could buy. */
const things = Array.from({ length: 512 }, (_, id) => ({
  id,
  title: `${shapes[id % 8]} of ${stuffs[(id >> 3) % 8]}, no. ${id >> 6}`,
  priceCents: 500 + ((id * 7919) % 9500),
}))

/** The things whose title holds every word. */
exports.search = function search(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return things.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
}
