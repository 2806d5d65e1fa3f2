import ipaddr from 'ipaddr.js';

/** An IPv4 address, or the network that one IPv6 customer is given: it has more addresses than anybody could count. */
export function placeOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
