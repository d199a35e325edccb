import { PlimsollError } from '../error.ts'

/** The one wire version this build speaks. */
export const WIRE_VERSION = 1

/** Somebody speaks a version of the wire that this build does not. */
export class WireVersionError extends PlimsollError {
  readonly version: unknown

  constructor(version: unknown) {
    super(
      'PLIMSOLL_WIRE_VERSION',
      `The message ${version === undefined ? 'has no "version"' : `speaks wire version ${String(version).slice(0, 20)}`}; this build speaks ${WIRE_VERSION}. Update the older side: agents and console of one release always understand each other.`,
    )
    this.version = version
  }
}

/** @throws {@link WireVersionError} unless the message says that it speaks our version */
export function checkWireVersion(message: unknown): void {
  const version =
    typeof message === 'object' && message !== null ? (message as { version?: unknown }).version : undefined
  if (version !== WIRE_VERSION) throw new WireVersionError(version)
}
