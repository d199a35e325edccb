import { page, serve } from './serve.js'

serve(({ url }) => Array.from({ length: 8 }, () => page(url)).join('').length)
