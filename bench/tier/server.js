// A Redis of one's own, with whatever can happen to one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Server {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-redis-'))
  port = 0
  #child = null

  static async start() {
    const server = new Server()
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    server.port = probe.address().port
    probe.close()
    await once(probe, 'close')
    await server.start()
    return server
  }

  async start() {
    const args = [
      '--port',
      `${this.port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      this.folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ]
    const child = spawn('redis-server', args, { stdio: 'ignore' })
    child.on('error', (error) => {
      process.stderr.write(
        `redis-server cannot be started: ${error.message}. Install it: apt-get install redis-server\n`,
      )
      process.exit(2)
    })
    this.#child = child
    while ((await this.command('PING').catch(() => '')) !== '+PONG\r\n') {
      if (child.exitCode !== null) throw new Error(`redis-server ended at once on port ${this.port}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async kill() {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  signal(name) {
    this.#child.kill(name)
  }

  async end() {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** One inline command on a connection of its own; the raw reply. */
  command(text) {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${text}\r\n`))
      socket.setTimeout(2000, () => socket.destroy())
      socket.once('data', (chunk) => (resolve(String(chunk)), socket.destroy()))
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed without a reply')))
    })
  }
}
