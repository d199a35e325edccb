import { PlimsollError } from '@plimsoll/core'

/** A request the console refuses. `status` is its HTTP status. */
export class RefusedError extends PlimsollError {
  readonly status: number

  constructor(status: number, code: string, message: string) {
    super(`PLIMSOLL_CONSOLE_${code}`, message)
    this.status = status
  }
}

/** The port the console should listen on belongs to somebody else. */
export class PortTakenError extends PlimsollError {
  readonly port: number

  constructor(port: number) {
    super(
      'PLIMSOLL_CONSOLE_PORT_TAKEN',
      `Port ${port} is taken by another process. Stop that one, or choose another port with --port.`,
    )
    this.port = port
  }
}
