export { runSupervised, type SupervisorOptions } from './supervisor.ts'
export { defaultRestartPolicy, type RestartPolicy } from './restart.ts'
export { type WatchSettings } from './environment.ts'
export { CommandNotStartedError } from './errors.ts'
