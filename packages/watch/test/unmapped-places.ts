import type { Places } from '../src/attribute/arbiter.ts'

/** Places of a service in `/app` that was built without source maps, and whose files nobody can read. */
export const unmappedPlaces: Places = {
  locate: (script, line, column) => ({
    file: script.replace('file://', ''),
    line,
    column,
    source: null,
    isMapped: false,
    lacksMap: false,
  }),
  readScript: () => null,
  present: (file) => file.replace('/app/', ''),
  packageOf: () => null,
}
