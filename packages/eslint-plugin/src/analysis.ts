export { understand, findGrowth, type Growth, type Program } from './growth/proof.ts'
export type { Node } from './growth/node.ts'
