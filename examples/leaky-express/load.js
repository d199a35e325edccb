'use strict'

// Visitors for server.js: each comes once, searches, and never returns. Loopback only; stops by itself.
const { Agent, get } = require('node:http')
const { clearInterval, setInterval } = require('node:timers')

const port = Number(process.argv[2] ?? 3400)
const seconds = Math.min(Number(process.argv[3] ?? 120), 600)
const visitorsPerSecond = 60
const words = ['teapot', 'lantern', 'basket', 'oak', 'copper', 'wool', 'kettle of brass', 'stool of oak']

const agent = new Agent({ keepAlive: true, maxSockets: 20 })
let answered = 0
let failed = 0

const timer = setInterval(() => {
  const query = encodeURIComponent(words[(answered + failed) % words.length])
  get({ host: '127.0.0.1', port, path: `/search?q=${query}`, agent }, (response) => {
    response.resume().on('end', () => answered++)
  }).on('error', () => failed++)
}, 1000 / visitorsPerSecond)

console.log(`${visitorsPerSecond} visitors a second for ${seconds} s …`)
setTimeout(() => {
  clearInterval(timer)
  agent.destroy()
  console.log(`${answered} answered, ${failed} failed.`)
}, seconds * 1000)
