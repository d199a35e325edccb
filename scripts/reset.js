// `npm run reset`: empties the one folder that holds all data of `npm start`. Ends what still runs on it first.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './build.js'

const data = join(root, '.data')
const launcher = join(root, 'apps/demo/dist/leftovers.js')
if (existsSync(launcher)) {
  const { endLeftovers } = await import(launcher)
  await endLeftovers(data)
}
rmSync(data, { recursive: true, force: true })
process.stdout.write('All data of the shop and the console is gone; `npm start` seeds a new one.\n')
