import { spawn } from 'node:child_process'
import { readProcessStat } from './process-stat.ts'

/**
 * Waits in a shell until its input ends, which happens when the supervisor dies, however it dies. Then it ends what the supervisor
 * started and what that started in turn, down to a worker that hangs: all that carries the supervisor's mark in its environment and
 * stayed in its session. Programs of Node hear of it by themselves (see `startLifeline`) and get no second SIGTERM, which many take for
 * impatience; others get theirs here. What is left after a second is killed, again and again for a while, as some start others.
 *
 * `$1` the command's PID, `$2` its start time (PIDs are used again), `$3` the mark, `$4` the session, `$5` the folder of the marks of young
 * processes, which nobody needs any more. One grep for all processes, so that
 * a busy machine does not make it late.
 */
const script = `
trap '' TERM INT HUP
read -r word && exit 0
[ -z "$5" ] || rm -rf "$5"
sleep 1 &
is_same() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  ticks=$2
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$ticks" ]
}
is_ours() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  session=$2
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "$4" = "$session" ]
}
find_ours() {
  is_same "$1" "$2" && echo "$1"
  [ -n "$3" ] || return 0
  for path in $(grep -lzxF "$3" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${path#/proc/}
    pid=\${pid%/environ}
    is_ours "$pid" "$4" && echo "$pid"
  done
}
for pid in $(find_ours "$@"); do
  exe=$(readlink "/proc/$pid/exe")
  case "$3:\${exe##*/}" in ?*:node*) ;; *) kill -TERM "$pid" 2>/dev/null ;; esac
done
wait
for tenth in 1 2 3 4 5; do
  left=$(find_ours "$@")
  [ -n "$left" ] || exit 0
  kill -KILL $left 2>/dev/null
  sleep 0.1
done
`

export interface Ward {
  /** Of the command; undefined when it could not be started. */
  pid: number | undefined
  /** `NAME=value` in the environment of all that belongs to it; null where the watch is off. */
  mark: string | null
  /** Removed with the supervisor; null when there is none. */
  startsFolder: string | null
}

/**
 * Ends a service when its supervisor is gone, also one whose event loop hangs before it can notice. Costs a sleeping shell of about
 * 1 MB. Does nothing where there is no `/proc`, and where there is no shell the service is left to its own lifelines.
 */
export function startGuardian({ pid, mark, startsFolder }: Ward): { stop(): void } {
  const stat = pid === undefined ? null : readProcessStat(pid)
  if (stat === null) return { stop() {} }
  const facts = [String(pid), stat.startTicks, mark ?? '', String(stat.session), startsFolder ?? '']
  const guardian = spawn('/bin/sh', ['-c', script, 'plimsoll-guardian', ...facts], {
    // A session of its own: Ctrl-C at the terminal is none of its business.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guardian.on('error', () => {})
  guardian.stdin.on('error', () => {})
  guardian.unref()
  return { stop: () => void guardian.stdin.end('done\n') }
}
