/** Every fault the shop can be given, off unless asked for and refused in production. */
export const leakNames = [
  'pages-by-url',
  'array-per-request',
  'listener-per-request',
  'closure-chain',
  'sliced-tokens',
  'promise-race',
  'timer-per-request',
  'rare-search',
  'presence-registry',
  'buffer-per-image',
  'tls-context-per-call',
] as const
export type LeakName = (typeof leakNames)[number]

export const faultNames = [...leakNames, 'slow-database'] as const
export type FaultName = (typeof faultNames)[number]

export function isFaultName(name: string): name is FaultName {
  return (faultNames as readonly string[]).includes(name)
}

export function isLeakName(name: string): name is LeakName {
  return (leakNames as readonly string[]).includes(name)
}
