/**
 * Pure: the names a source reads as values, and neither calls nor sets: `onMessage` of `bus.on('m', hub.onMessage)`, `close` of
 * `this.close.bind(this)` and of `const { close } = hub`. Whoever does that may compare what he got with what he gets later.
 */
export function readValueNames(source: string): Set<string> {
  const names = new Set<string>()
  // What comments speak of nobody hands on. By lines: what seems to open one may stand in a string, and its end is code then.
  const code = source.replaceAll(/^[^\S\n]*(?:\/\/[^\n]*|\*[\s/][^\n]*|\/\*\*?\s[^\n]*\*\/[^\S\n]*$)/gm, '')
  for (const [, name] of code.matchAll(/\.\s*([\w$]+)(?![\w$])(?!\s*(?:\(|\?\.\s*\(|=(?![=>])))/g)) names.add(name!)
  for (const [, name] of code.matchAll(/\[\s*['"]([\w$]+)['"]\s*\](?!\s*\()/g)) names.add(name!)
  for (const [, taken] of code.matchAll(/\{([^{}()]*)\}\s*=(?![=>])/g))
    for (const [name] of taken!.matchAll(/[\w$]+/g)) names.add(name)
  return names
}
