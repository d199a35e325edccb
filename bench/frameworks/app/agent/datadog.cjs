'use strict'
require('dd-trace').init({ profiling: true })
