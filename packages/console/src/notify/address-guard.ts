import { BlockList, isIP } from 'node:net'

/** Where clouds keep a machine's credentials: link-local, and what some of them use instead. */
const secretive = new BlockList()
secretive.addSubnet('169.254.0.0', 16, 'ipv4')
secretive.addAddress('100.100.100.200', 'ipv4')
secretive.addSubnet('fe80::', 10, 'ipv6')
secretive.addAddress('fd00:ec2::254', 'ipv6')

/** Nobody's: unspecified, which the kernel takes for this machine, and multicast. */
const forbidden = new BlockList()
forbidden.addSubnet('0.0.0.0', 8, 'ipv4')
forbidden.addSubnet('224.0.0.0', 3, 'ipv4')
forbidden.addSubnet('ff00::', 8, 'ipv6')
forbidden.addAddress('::', 'ipv6')

/** This machine itself: meant when it is written so, and a trap when some other name leads here. */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Why a host as written in a URL must never be called; null when it may be, or is a name that is yet to be looked up. */
export function whyForbidden(host: string): string | null {
  const address = bare(host)
  if (isIP(address) === 0) return null
  if (isIn(secretive, address)) return 'where cloud machines keep their secrets'
  if (isIn(forbidden, address)) return 'which is the address of no receiver'
  return isHidden(address) ? 'which is this machine in disguise: write 127.0.0.1 or [::1]' : null
}

/** Whether a name that was looked up may be called at this address. */
export function mayCall(host: string, address: string): boolean {
  if (isIn(secretive, address) || isIn(forbidden, address)) return false
  if (!isIn(loopback, address)) return true
  const written = bare(host)
  return isIP(written) === 0 ? host === 'localhost' || host.endsWith('.localhost') : !isHidden(written)
}

/** An IPv4 loopback written as IPv6: nobody who means this machine writes it so. */
function isHidden(address: string): boolean {
  return isIP(address) === 6 && address !== '::1' && isIn(loopback, address)
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

/** An IPv4 address written as IPv6 is found, too: the list knows it in each of its spellings. */
function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
