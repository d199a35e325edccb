'use strict'
require('@opentelemetry/auto-instrumentations-node/register')
