// `npm run reset`: empties the one folder that holds all data of `npm start`. Ends what still runs on it first.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isBuilt, root } from './build.js'

const data = join(root, '.data')
if (existsSync(data) && isBuilt()) {
  const { endEverything } = await import(join(root, 'apps/demo/dist/index.js'))
  await endEverything(data)
}
rmSync(data, { recursive: true, force: true })
process.stdout.write('All data of the shop and the console is gone; npm start seeds a new one.\n')
