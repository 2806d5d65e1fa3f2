import ipaddr from 'ipaddr.js';
import { InvalidFieldsError } from '../common/app.error.js';
import { parseUrl } from '../common/parse-url.js';
import { isPublicAddress } from '../http-client/public-address.js';

const MAX_LENGTH = 255;
const WELL_FORMED = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/?#:@[\]\\]+)(:[^/?#]*)?(\/[^?#]*)?$/iu;
const LOCAL_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/i;
const NAME = /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const NUMBERS_ONLY = /^(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?$/i;

/**
 * What is wrong with an ArrowSphere base URL, as a sentence for the field `api_url`; `undefined` when it may be used.
 * Looks at the text only: the addresses its name leads to are checked again at each connection.
 */
export function apiUrlFault(text: unknown, allowPrivateHosts: boolean): string | undefined {
  if (typeof text !== 'string' || text === '') return 'Enter a valid URL.';
  if (text.length > MAX_LENGTH) return `Ensure this field has no more than ${MAX_LENGTH} characters.`;
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\s\u0000-\u001f\u007f-\u009f\\]/u.test(text))
    return 'The URL must not contain spaces, backslashes or control characters.';
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(text)) return 'The URL must not contain a user name or password.';
  if (text.includes('#')) return 'The URL must not contain a fragment (#…).';
  if (text.includes('?')) return 'The URL must not contain a query (?…).';
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== 'https' && !(scheme === 'http' && allowPrivateHosts)) return 'The URL must start with https://.';
  const [, , host, port] = WELL_FORMED.exec(text) ?? [];
  if (host === undefined) return 'Enter a valid URL.';
  if (port !== undefined && !isPlainPort(port.slice(1))) return 'The port of the URL must be a number from 1 to 65535.';
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(text.slice(text.indexOf(host) + host.length))) {
    return 'The path of the URL must not contain . or .. parts.';
  }
  const parsed = parseUrl(text);
  if (!parsed || parsed.hostname === '') return 'Enter a valid URL.';
  return allowPrivateHosts ? undefined : hostFault(host, parsed.hostname);
}

/** Throws {@link InvalidFieldsError} for the field `api_url` unless the URL may be used. */
export function assertAllowedApiUrl(text: unknown, allowPrivateHosts: boolean): void {
  const fault = apiUrlFault(text, allowPrivateHosts);
  if (fault) throw new InvalidFieldsError({ api_url: [fault] });
}

/** The base URL without its last slash, so that both spellings mean the same account. */
export function normalizedApiUrl(url: string): string {
  return new URL(url).href.replace(/\/+$/, '');
}

function isPlainPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

function hostFault(written: string, hostname: string): string | undefined {
  const notPublic = 'The URL must lead to a public host.';
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(name)) {
    // 0x7f.1, 2130706433 and the like: an address that is not written plainly hides something.
    if (name !== written.replace(/^\[|\]$/g, '').toLowerCase() && !written.startsWith('[')) return notPublic;
    return isPublicAddress(name) ? undefined : notPublic;
  }
  if (!NAME.test(name)) return 'Enter a valid URL.';
  if (NUMBERS_ONLY.test(name) || LOCAL_NAME.test(name) || !name.includes('.')) return notPublic;
  return undefined;
}
