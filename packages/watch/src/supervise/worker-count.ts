/** Takes `PLIMSOLL_WORKERS`, set by `plimsoll run --workers N`, out of the environment, so that nobody else hears it; 0 without it. */
export function takeWorkerCount(environment: NodeJS.ProcessEnv): number {
  const count = Number(environment['PLIMSOLL_WORKERS'] ?? 0)
  delete environment['PLIMSOLL_WORKERS']
  return Number.isInteger(count) && count > 0 ? count : 0
}
