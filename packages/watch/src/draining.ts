import diagnostics from 'node:diagnostics_channel'

/** Published on by the watch when this process begins to leave; nobody else should. */
export const drainingChannel = 'plimsoll:draining'

let hasBegun = false
diagnostics.subscribe(drainingChannel, () => {
  hasBegun = true
})

/**
 * Whether this process is leaving: answer 503 where an orchestrator asks for readiness, and it sends nothing new. Without the watch
 * it is always false. `plimsoll run --ready-path=/readyz` does the same for an app that is not changed.
 */
export function isDraining(): boolean {
  return hasBegun
}
