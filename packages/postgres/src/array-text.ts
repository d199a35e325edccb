import type postgres from 'postgres'

/** One element: how it is read from and written to PostgreSQL's text form. */
export interface ElementType {
  parse: (text: string) => unknown
  serialize: (value: unknown) => string
}

/**
 * Reads an array in PostgreSQL's text form, such as `{1,NULL,"a \"b\""}` or `{{1,2},{3,4}}`. Bounds written in front (`[0:1]=`)
 * are dropped, as JavaScript's arrays start at 0.
 */
export function parseArray(text: string, parse: (element: string) => unknown): unknown[] {
  let at = text.indexOf('{')
  const readList = (): unknown[] => {
    const list: unknown[] = []
    at++
    while (at < text.length && text[at] !== '}') {
      if (text[at] === ',') at++
      list.push(text[at] === '{' ? readList() : readElement())
    }
    at++
    return list
  }
  const readElement = (): unknown => {
    if (text[at] === '"') return parse(readQuoted())
    const start = at
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at++
    const bare = text.slice(start, at)
    return bare === 'NULL' ? null : parse(bare)
  }
  const readQuoted = (): string => {
    let element = ''
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      element += text[at]
    }
    at++
    return element
  }
  return readList()
}

/** Writes an array, nested ones too; every element is quoted, so that none is taken for a bracket or for NULL. */
export function serializeArray(list: readonly unknown[], serialize: (element: unknown) => string): string {
  const parts = list.map((element) => {
    if (element === null || element === undefined) return 'NULL'
    if (Array.isArray(element)) return serializeArray(element, serialize)
    return `"${serialize(element).replaceAll(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(',')}}`
}

/** The type of postgres.js for arrays of an element. */
export function arrayType(oid: number, element: ElementType): postgres.PostgresType {
  return {
    to: oid,
    from: [oid],
    // A list that is text already, as `'{1,2}'`, passes.
    serialize: (value: unknown) => (Array.isArray(value) ? serializeArray(value, element.serialize) : String(value)),
    parse: (text: string) => parseArray(text, element.parse),
  }
}
