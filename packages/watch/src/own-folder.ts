/** Where the package lies, as V8 and `import` name it. Correct in the bundles too, which lie beside this module. */
export const ownFolder = new URL('.', import.meta.url).href
