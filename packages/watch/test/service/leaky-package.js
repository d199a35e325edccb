import { createRequire } from 'node:module'
import { serve } from './serve.js'

// The package is written by the test, as a stranger's would lie in node_modules.
const { track } = createRequire(`${process.cwd()}/`)('leaky-package')

serve((request) => track(request))
