import { BlockList, isIP } from 'node:net'

/** Never answered by a receiver of messages: link-local (where clouds keep a machine's credentials), unspecified, multicast. */
const forbidden = new BlockList()
forbidden.addSubnet('169.254.0.0', 16, 'ipv4')
forbidden.addSubnet('0.0.0.0', 8, 'ipv4')
forbidden.addSubnet('224.0.0.0', 3, 'ipv4')
forbidden.addAddress('100.100.100.200', 'ipv4')
forbidden.addSubnet('fe80::', 10, 'ipv6')
forbidden.addSubnet('ff00::', 8, 'ipv6')
forbidden.addAddress('::', 'ipv6')
forbidden.addAddress('fd00:ec2::254', 'ipv6')

/** This machine itself: meant when it is written so, and a trap when some other name leads here. */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether a host as written in a URL is an address that must never be called. */
export function isForbiddenHost(host: string): boolean {
  return isForbiddenAddress(host.replace(/^\[|\]$/g, ''))
}

export function isForbiddenAddress(address: string): boolean {
  return isIn(forbidden, address)
}

/** Whether a name that was looked up may be called at this address. */
export function mayCall(host: string, address: string): boolean {
  if (isForbiddenAddress(address)) return false
  const isWrittenSo = isIP(host.replace(/^\[|\]$/g, '')) !== 0 || host === 'localhost' || host.endsWith('.localhost')
  return isWrittenSo || !isIn(loopback, address)
}

function isIn(list: BlockList, address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address
  const family = isIP(plain)
  return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}
