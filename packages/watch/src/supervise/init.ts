import { existsSync } from 'node:fs'

type Execve = (file: string, args: readonly string[], environment: NodeJS.ProcessEnv) => never

/**
 * Turns this process, if it is PID 1, into a shell that does PID 1's work by `scriptPath`, with ourselves as its child. Comes back where
 * that cannot be done, and says what to do instead: Node can replace itself from 22.15 on.
 */
export function becomeInit(tell: (line: string) => void, scriptPath: string, self = process): void {
  if (self.pid !== 1) return
  const { execve } = self as unknown as { execve?: Execve }
  if (execve !== undefined && existsSync('/bin/sh')) {
    const args = ['sh', scriptPath, self.execPath, ...self.execArgv, ...self.argv.slice(1)]
    execve('/bin/sh', args, self.env)
  }
  tell(
    `plimsoll: as PID 1 it cannot fetch the ends of processes that others left behind; they stay as zombies. Put this in front of the command: sh ${scriptPath} node … Or use docker run --init, shareProcessNamespace: true in Kubernetes, or Node 22.15 and newer.`,
  )
}
