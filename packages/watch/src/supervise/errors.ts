import { PlimsollError } from '@plimsoll/core'

/** The command given to `plimsoll run` could not be started. */
export class CommandNotStartedError extends PlimsollError {
  /** As a shell would end: 127 when there is no such command, 126 when it may not be run. */
  readonly exitCode: number

  constructor(command: string, cause: NodeJS.ErrnoException) {
    const isMissing = cause.code === 'ENOENT'
    const advice = isMissing
      ? 'There is no such command here: check its spelling and the PATH. A script needs its interpreter: plimsoll run -- node server.js'
      : `The system says ${cause.code ?? cause.message}: check that the file may be run.`
    super('PLIMSOLL_COMMAND_NOT_STARTED', `Cannot start "${command}". ${advice}`, { cause })
    this.exitCode = isMissing ? 127 : 126
  }
}
