#!/usr/bin/env node
// Committed as it is, so that npm finds a file to link; the program itself is built into dist.
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`plimsoll: this is Node ${process.versions.node}, and Node 20.19 or newer is needed.\n`)
  process.exit(1)
} else if (existsSync(main)) {
  const { main: runMain } = await import(main.href)
  process.exitCode = await runMain(process.argv.slice(2))
} else {
  process.stderr.write('plimsoll: not built yet. Run this in the checkout first: npm run build\n')
  process.exit(1)
}
