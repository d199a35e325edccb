import { format, resolveConfig } from 'prettier'
import ts from 'typescript'

type Schema = Record<string, unknown>

/** JSON Schema of every interface that a module exports, and of those they mention: what a type says, nothing by hand. */
export function describeTypes(file: string): Record<string, Schema> {
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const schemas: Record<string, Schema> = {}
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)
  for (const symbol of exported.map(resolve))
    if (symbol.flags & ts.SymbolFlags.Interface) describe(checker.getDeclaredTypeOfSymbol(symbol))
  return Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)))

  function resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  }

  function describe(type: ts.Type): Schema {
    if (type.isUnion()) return describeUnion(type.types)
    if (type.isStringLiteral()) return { type: 'string', enum: [type.value] }
    if (type.flags & ts.TypeFlags.String) return { type: 'string' }
    if (type.flags & ts.TypeFlags.Number) return { type: 'number' }
    if (type.flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' }
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' }
    if (type.flags & ts.TypeFlags.Never) return {}
    if (checker.isArrayType(type) || checker.isTupleType(type)) return describeList(type)
    if (type.flags & ts.TypeFlags.Object) return describeObject(type)
    throw new Error(`No schema says what ${checker.typeToString(type)} is.`)
  }

  function describeUnion(types: readonly ts.Type[]): Schema {
    const present = types.filter((type) => !(type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)))
    const words = present.flatMap((type) => (type.isStringLiteral() ? [type.value] : []))
    const isNullable = types.some((type) => type.flags & ts.TypeFlags.Null)
    const schema =
      words.length === present.length
        ? { type: 'string', enum: words }
        : present.every((type) => type.flags & ts.TypeFlags.BooleanLiteral)
          ? { type: 'boolean' }
          : present.length === 1
            ? describe(present[0]!)
            : { anyOf: present.map(describe) }
    return isNullable ? { anyOf: [schema, { type: 'null' }] } : schema
  }

  function describeList(type: ts.Type): Schema {
    const items = checker.getTypeArguments(type as ts.TypeReference).map(describe)
    if (checker.isArrayType(type)) return { type: 'array', items: items[0] }
    if (new Set(items.map((item) => JSON.stringify(item))).size !== 1) throw new Error('A pair of two kinds.')
    return { type: 'array', items: items[0], minItems: items.length, maxItems: items.length }
  }

  function describeObject(type: ts.Type): Schema {
    const { symbol } = type
    if (!(symbol.flags & ts.SymbolFlags.Interface)) return describeProperties(type)
    if (!schemas[symbol.name]) {
      // Before it is read: one that mentions itself ends here.
      schemas[symbol.name] = {}
      schemas[symbol.name] = { ...wordsOf(symbol), ...describeProperties(type) }
    }
    return { $ref: `#/components/schemas/${symbol.name}` }
  }

  function describeProperties(type: ts.Type): Schema {
    const index = checker.getIndexTypeOfType(type, ts.IndexKind.String)
    const properties = checker.getPropertiesOfType(type)
    const required = properties.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name)
    return {
      type: 'object',
      ...(index ? { additionalProperties: describe(index) } : {}),
      ...(properties.length > 0 ? { properties: Object.fromEntries(properties.map(describeProperty)) } : {}),
      ...(required.length > 0 ? { required } : {}),
    }
  }

  function describeProperty(property: ts.Symbol): [string, Schema] {
    return [property.name, { ...wordsOf(property), ...describe(checker.getTypeOfSymbol(property)) }]
  }

  function wordsOf(symbol: ts.Symbol): Schema {
    const words = ts.displayPartsToString(symbol.getDocumentationComment(checker))
    return words === '' ? {} : { description: words }
  }
}

/** The same as a module, as it stands in the source. */
export async function writeSchemas(types: string, module: string): Promise<string> {
  const text = `// Made from the types of the contract, by \`npx vitest run packages/console/test/open-api.test.ts -u\`.
export const schemas = ${JSON.stringify(describeTypes(types))}
`
  return format(text, { ...(await resolveConfig(module)), filepath: module })
}
