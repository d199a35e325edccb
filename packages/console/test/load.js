// What does a console hold, and how fast does it show itself, when a thousand processes report each 15 s?
//   node packages/console/test/load.js [seconds]
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const vite = await createServer({
  root: fileURLToPath(new URL('.', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
})
const { measureLoad, postLoad } = await vite.ssrLoadModule('/load.ts')
if (process.argv[2] === '--post') await postLoad(process.argv.slice(3))
else await measureLoad(process.argv.slice(2))
await vite.close()
