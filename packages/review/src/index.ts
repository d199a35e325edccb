export { parseSource, type Parsed } from './parse/parse.ts'
