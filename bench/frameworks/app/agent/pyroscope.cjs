'use strict'
const Pyroscope = require('@pyroscope/nodejs')

Pyroscope.init({ serverAddress: process.env.COLLECTOR, appName: 'shop', flushIntervalMs: 3000 })
Pyroscope.start()
