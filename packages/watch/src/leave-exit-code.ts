/**
 * What a process that left by itself ends with, so that whoever started it starts the next: sysexits' "temporary failure, try
 * again". Other than 0, so that `Restart=on-failure` of systemd does too.
 */
export const leaveExitCode = 75
