/** Holds a thing to be true that only a bug of ours can make false. Bad input is no assertion: it gets a `PlimsollError`. */
export function assert(condition: unknown, belief: string): asserts condition {
  if (!condition)
    throw new Error(`This is a bug in Plimsoll: it believed that ${belief}. Please report it with this stack.`)
}
