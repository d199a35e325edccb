import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { readProcessStat } from './process-stat.ts'

/**
 * Waits in a shell until its input ends, which happens when the supervisor dies, however it dies. Then ends the process it was told
 * of, if that is still the one: a PID alone may have been given to somebody else meanwhile, so its start time has to be the same.
 */
const script = `
read -r word && exit 0
is_same() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  ticks=$2
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$ticks" ]
}
is_same "$1" "$2" || exit 0
kill -TERM "$1"
for tenth in 1 2 3 4 5 6 7 8 9 10; do
  sleep 0.1
  is_same "$1" "$2" || exit 0
done
kill -KILL "$1"
`

/**
 * Ends a command that is no Node program when the supervisor is gone; Node programs do that by themselves (see `startLifeline`).
 * Costs a sleeping shell of about 1 MB. Does nothing where there is no `/proc`.
 */
export function startGuardian(command: string, pid: number | undefined): { stop(): void } {
  const stat = pid === undefined ? null : readProcessStat(pid)
  if (stat === null || basename(command) === 'node') return { stop() {} }
  const guardian = spawn('/bin/sh', ['-c', script, 'plimsoll-guardian', String(pid), stat.startTicks], {
    // A session of its own: Ctrl-C at the terminal is none of its business.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without it the command merely outlives a killed supervisor.
  guardian.on('error', () => {})
  guardian.stdin.on('error', () => {})
  guardian.unref()
  return { stop: () => void guardian.stdin.end('done\n') }
}
