import { Server } from 'node:net'

/** Remembers, weakly, every server that ever listened: a worker of a cluster holds no handle by which they could be found later. */
export function observeServers(): () => Server[] {
  const known = new Set<WeakRef<Server>>()
  const listen = Server.prototype.listen
  Server.prototype.listen = function listenUnderWatch(this: Server, ...args: unknown[]): Server {
    for (const reference of known) if ([undefined, this].includes(reference.deref())) known.delete(reference)
    known.add(new WeakRef(this))
    return (listen as (...args: unknown[]) => Server).apply(this, args)
  }
  return () => [...known].flatMap((reference) => reference.deref() ?? [])
}
