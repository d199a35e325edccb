import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real server on a loopback port of its own, with whatever can happen to one. Ended by its process id. */
export class RedisServer {
  readonly port: number
  readonly folder: string
  readonly #args: readonly string[]
  #child: ChildProcess | null = null
  #isStopped = false

  private constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port
    this.folder = folder
    this.#args = args
  }

  /** @param args further arguments, such as `--maxmemory 4mb` */
  static async start(args: readonly string[] = []): Promise<RedisServer> {
    for (let attempt = 0; ; attempt++) {
      const folder = mkdtempSync(join(tmpdir(), 'plimsoll-redis-'))
      const server = new RedisServer(await freePort(), folder, args)
      try {
        await server.start()
        return server
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        rmSync(folder, { recursive: true, force: true })
        if (attempt === 4) throw error
      }
    }
  }

  /** Starts, or starts again after `kill`, with what the disk has. */
  async start(): Promise<void> {
    const own = [
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
    const child = spawn('redis-server', [...own, ...this.#args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    this.#child = child
    const exited = once(child, 'exit').then(() => {
      throw new Error(`redis-server ended:\n${output}`)
    })
    await Promise.race([this.#answers(), exited])
    exited.catch(() => {})
  }

  /** As a power cut: nothing is saved. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child) return
    this.#child = null
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Stops answering, and keeps its connections. */
  hang(): void {
    this.#child?.kill('SIGSTOP')
    this.#isStopped = true
  }

  wake(): void {
    this.#child?.kill('SIGCONT')
    this.#isStopped = false
  }

  async end(): Promise<void> {
    if (this.#isStopped) this.wake()
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Sends one inline command and answers the raw reply, on a connection of its own. */
  command(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${text}\r\n`))
      socket.once('data', (chunk) => (socket.destroy(), resolve(String(chunk))))
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed without a reply')))
    })
  }

  async #answers(): Promise<void> {
    for (;;) {
      const reply = await this.command('PING').catch(() => '')
      if (reply.startsWith('+PONG')) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Waits for a state, not for a time; what never comes is told after half a minute. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (await isTrue()) return
    if (Date.now() > end) throw new Error(`Waited half a minute for: ${what}`)
  }
}
