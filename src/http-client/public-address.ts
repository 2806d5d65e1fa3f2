import ipaddr from 'ipaddr.js';

/**
 * True for an address of the public internet. Everything else is refused: loopback, link-local, private, carrier-grade
 * NAT, multicast, reserved and documentation ranges, `0.0.0.0/8`, and IPv6 forms that carry an IPv4 address (mapped,
 * 6to4, NAT64, Teredo), whatever they carry, as only an attacker writes a public service that way.
 */
export function isPublicAddress(address: string): boolean {
  const text = address.replace(/%.*$/, '');
  if (!ipaddr.isValid(text)) return false;
  const parsed = ipaddr.parse(text);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv4') return true;
  // Only 2000::/3 is given out; what ipaddr.js has no name for is not the internet.
  return ((parsed as ipaddr.IPv6).parts[0] ?? 0) >> 13 === 1;
}
