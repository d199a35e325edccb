import { existsSync } from 'node:fs'

/**
 * What PID 1 of a container has to do besides running something: hand signals on, and fetch the ends of processes whose parents died
 * before them, which no program of Node can. A shell can: `wait` fetches every child there is.
 */
export const initScript = `
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-
for name in TERM INT HUP QUIT USR1 USR2; do trap "kill -$name $child 2>/dev/null" $name; done
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || exit $code
done
`

type Execve = (file: string, args: readonly string[], environment: NodeJS.ProcessEnv) => never

/**
 * Turns this process, if it is PID 1, into a shell that does PID 1's work, with ourselves as its child. Comes back where that cannot be
 * done, and says what to do instead: Node can replace itself from 22.15 on.
 */
export function becomeInit(tell: (line: string) => void, self = process): void {
  if (self.pid !== 1) return
  const { execve } = self as unknown as { execve?: Execve }
  if (execve !== undefined && existsSync('/bin/sh')) {
    const args = ['sh', '-c', initScript, 'plimsoll', self.execPath, ...self.execArgv, ...self.argv.slice(1)]
    execve('/bin/sh', args, self.env)
  }
  tell(
    'plimsoll: as PID 1 it cannot fetch the ends of processes that others left behind; they stay as zombies. Use docker run --init, shareProcessNamespace: true in Kubernetes, or Node 22.15 and newer.',
  )
}
