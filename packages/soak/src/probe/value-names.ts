/**
 * Pure: the names a source reads as values, and neither calls nor sets: `onMessage` of `bus.on('m', hub.onMessage)`, `close` of
 * `this.close.bind(this)` and of `const { close } = hub`. Whoever does that may compare what he got with what he gets later.
 */
export function readValueNames(source: string): Set<string> {
  const names = new Set<string>()
  for (const [, name] of source.matchAll(/\.\s*([\w$]+)(?![\w$])(?!\s*(?:\(|\?\.\s*\(|=(?![=>])))/g)) names.add(name!)
  for (const [, name] of source.matchAll(/\[\s*['"]([\w$]+)['"]\s*\](?!\s*\()/g)) names.add(name!)
  for (const [, taken] of source.matchAll(/\{([^{}()]*)\}\s*=(?![=>])/g))
    for (const [name] of taken!.matchAll(/[\w$]+/g)) names.add(name)
  return names
}
