/** Makes a function safe to run inside the host: what it throws is caught, counted, and told once for each `where`. */
export type Guard = <A extends unknown[]>(where: string, act: (...args: A) => void) => (...args: A) => void

/** A part of the watch that fails this often is not called any more. */
export const MAX_FAILURES = 20

export function createGuard(tell: (where: string, thrown: unknown) => void): Guard {
  const failures = new Map<string, { count: number }>()
  return (where, act) => {
    const failure = failures.get(where) ?? { count: 0 }
    failures.set(where, failure)
    return (...args) => {
      if (failure.count >= MAX_FAILURES) return
      try {
        act(...args)
      } catch (thrown) {
        if (failure.count++ > 0) return
        try {
          tell(where, thrown)
        } catch {
          // Nobody to tell: the host must not hear of it either.
        }
      }
    }
  }
}
