/** Programs that start others and end soon: watching them would only cost. */
const packageManagers = /[\\/](?:npm|npx|yarn|yarnpkg|pnpm|pnpx|corepack)(?:-cli)?(?:\.c?js)?$/

/** Whether the script about to run is npm, npx, yarn, pnpm or corepack. */
export function isPackageManager(script: string | undefined): boolean {
  return script !== undefined && packageManagers.test(script)
}
