/** Port in the socket's name; nothing listens on TCP. */
export const SOCKET_PORT = 5432

/** The superuser of an embedded cluster. */
export const EMBEDDED_USER = 'plimsoll'

/** Connections a cluster accepts at once: three web workers with pools of ten, the console, tests, and room for people. */
export const MAX_CONNECTIONS = 100

/**
 * Server settings: durable first, small second. Measured with 50,000 listings under load: 16 MB idle, 58 MB with 12 busy
 * connections (about 3 MB each). 12 MB of shared buffers are as fast there as 16, since the system's page cache does the rest.
 */
export const serverSettings: Readonly<Record<string, string>> = {
  // Reached over one socket in a private directory, never over the network.
  listen_addresses: '',
  port: String(SOCKET_PORT),
  unix_socket_permissions: '0700',
  password_encryption: 'scram-sha-256',
  max_connections: String(MAX_CONNECTIONS),
  // An acknowledged commit is on disk.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Memory.
  shared_buffers: '12MB',
  work_mem: '4MB',
  maintenance_work_mem: '16MB',
  temp_buffers: '1MB',
  huge_pages: 'off',
  jit: 'off',
  // Fewer helper processes: no replication, no I/O workers, no parallel query on two cores.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_worker_processes: '4',
  io_method: 'sync',
  autovacuum_max_workers: '1',
  // Containers often have a /dev/shm of 64 MB or none; this kind lives in the data directory.
  dynamic_shared_memory_type: 'mmap',
  // Bounds recovery after a kill to a few seconds and the log to a quarter of a gigabyte.
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  // A killed client's statement ends soon after it instead of holding its locks.
  client_connection_check_interval: '1s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Starts, stops, crashes and refused connections; a failed statement is told to the client that sent it.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
}

/** `-c name=value` for each setting. */
export function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
