import { Server } from 'node:net'

/**
 * Remembers, weakly, every server that ever listened: a worker of a cluster holds no handle by which they could be found later.
 * `onListen` is called at each, and must not throw.
 */
export function observeServers(onListen: () => void = () => {}): () => Server[] {
  const known = new Set<WeakRef<Server>>()
  const listen = Server.prototype.listen
  Server.prototype.listen = function listenUnderWatch(this: Server, ...args: unknown[]): Server {
    for (const reference of known) if ([undefined, this].includes(reference.deref())) known.delete(reference)
    known.add(new WeakRef(this))
    const server = (listen as (...args: unknown[]) => Server).apply(this, args)
    onListen()
    return server
  }
  return () => [...known].flatMap((reference) => reference.deref() ?? [])
}
