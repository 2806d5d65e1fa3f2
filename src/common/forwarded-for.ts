import { isIP } from 'node:net';

/** `[2001:db8::1]:443`, with or without the port. */
const BRACKETED = /^\[([^\]]+)\](?::\d+)?$/;
/** `192.0.2.1:50000`. */
const WITH_PORT = /^([\d.]+):\d+$/;

/**
 * `X-Forwarded-For` as far as it can be believed: the addresses alone, from the last one, which the nearest proxy wrote,
 * back to the first that is none. Ports would make a new client of every connection, and so would words.
 * `undefined`: nothing is left.
 */
export function addressesIn(forwardedFor: string): string | undefined {
  const addresses = forwardedFor.split(',').map(addressIn);
  return addresses.slice(addresses.lastIndexOf(undefined) + 1).join(', ') || undefined;
}

function addressIn(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  const address = BRACKETED.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text;
  return isIP(address) ? address : undefined;
}
