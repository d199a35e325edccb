import type postgres from 'postgres'
import { arrayType, type ElementType } from './array-text.ts'

const text: ElementType = { parse: (value) => value, serialize: String }
const number: ElementType = { parse: Number, serialize: String }
const boolean: ElementType = { parse: (value) => value === 't', serialize: (value) => (value === true ? 't' : 'f') }
const json: ElementType = {
  parse: (value) => JSON.parse(value) as unknown,
  serialize: (value) => JSON.stringify(value),
}
const date: ElementType = {
  parse: (value) => new Date(value),
  serialize: (value) => (value instanceof Date ? value : new Date(value as string)).toISOString(),
}
const bytes: ElementType = {
  parse: (value) => Buffer.from(value.slice(2), 'hex'),
  serialize: (value) => `\\x${Buffer.from(value as Uint8Array).toString('hex')}`,
}

/** A number while it is exact, beyond 2⁵³ a `BigInt`. */
const bigint: ElementType = {
  parse(value) {
    const exact = Number(value)
    return Number.isSafeInteger(exact) ? exact : BigInt(value)
  },
  serialize: String,
}

/** Elements and their arrays by oid, which PostgreSQL never changes: bool, bytea, int2 … jsonb. */
const arrays: readonly (readonly [elementOid: number, arrayOid: number, type: ElementType])[] = [
  [16, 1000, boolean],
  [17, 1001, bytes],
  [20, 1016, bigint],
  [21, 1005, number],
  [23, 1007, number],
  [25, 1009, text],
  [114, 199, json],
  [700, 1021, number],
  [701, 1022, number],
  [1042, 1014, text],
  [1043, 1015, text],
  [1082, 1182, date],
  [1114, 1115, date],
  [1184, 1185, date],
  [1700, 1231, text],
  [2950, 2951, text],
  [3802, 3807, json],
]

/**
 * Types beyond those that postgres.js knows by itself. It would ask each new connection for its array types, and end the process
 * with an unhandled rejection when that question is cut off; the ones that matter are known beforehand.
 */
export const clientTypes: Record<string, postgres.PostgresType> = {
  bigint: { to: 20, from: [20], parse: bigint.parse, serialize: bigint.serialize },
  ...Object.fromEntries(arrays.map(([, oid, element]) => [`array${oid}`, arrayType(oid, element)])),
}

/** For `sql.array`: which array an element belongs into. */
export const arrayOids: Readonly<Record<number, number>> = Object.fromEntries(
  arrays.map(([element, array]) => [element, array]),
)
