/** Holds requests back while the traffic is paused. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
  /** Called when no request is under way any more. */
  onQuiet: () => void
  noteQuiet(): void
}

export function createGate(): Gate {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {
    opened,
    open,
    onQuiet: () => {},
    noteQuiet() {
      this.onQuiet()
    },
  }
}
