import { schemas } from '../contract/schemas.ts'
import type { Permission } from '../permission.ts'

export type Json = Record<string, unknown>

/** What a route says of itself. */
export interface Route {
  method: 'get' | 'post' | 'delete'
  path: string
  who: Permission
  summary: string
  query?: readonly Parameter[]
  /** The body, by property; a property with `?` may be left out. */
  body?: Record<string, string>
  /** Or its schema, where the body is more than a few fields, and its type when that is not JSON. */
  shape?: Json
  takes?: string
  /** Schema of the answer, and its type when that is not JSON, or types. */
  answer?: Json
  answers?: string | readonly string[]
  /** Default 200. */
  status?: number
  /** Statuses besides those that every route of its kind may refuse with. */
  refuses?: readonly number[]
}

export interface Parameter {
  name: string
  what: string
  required?: boolean
  /** Default a string. */
  schema?: Json
}

export const text = { type: 'string' }

export function ref(name: keyof typeof schemas): Json {
  return { $ref: `#/components/schemas/${name}` }
}

export function listOf(name: keyof typeof schemas): Json {
  return { type: 'array', items: ref(name) }
}

/** An object of these fields; one with `?` may be left out. */
export function objectOf(fields: Record<string, string>): Json {
  const entries = Object.entries(fields)
  const typed = (type: string) => (type === 'strings' ? { type: 'array', items: text } : { type })
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, type]) => [name.replace(/\?$/, ''), typed(type)])),
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
  }
}
