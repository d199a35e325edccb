// A console with a fleet that exists only in what it posts, to look at the pages without a shop:
//   node packages/console/test/fake-fleet.js [--port 7701] [--scene leak|cache|database|traffic|calm|silent] [--workers 3] [--after 20]
// After so many healthy seconds the scene begins. It runs through Vite, so that nothing has to be built first.
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
const { runFakeFleet } = await vite.ssrLoadModule('/fake-fleet.ts')
await runFakeFleet(process.argv.slice(2))
