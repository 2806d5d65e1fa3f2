import { InvalidFieldsError } from '../common/app.error.js';
import { apiUrlFault, assertAllowedApiUrl, normalizedApiUrl } from './api-url.js';
import { isPublicAddress } from '../http-client/public-address.js';

const PUBLIC_HOST = 'The URL must lead to a public host.';
const HTTPS = 'The URL must start with https://.';
const MALFORMED = 'Enter a valid URL.';
const USER = 'The URL must not contain a user name or password.';
const PORT = 'The port of the URL must be a number from 1 to 65535.';
const FRAGMENT = 'The URL must not contain a fragment (#…).';
const QUERY = 'The URL must not contain a query (?…).';
const SPACES = 'The URL must not contain spaces, backslashes or control characters.';
const DOTS = 'The path of the URL must not contain . or .. parts.';

const HOSTILE: ReadonlyArray<readonly [url: string, fault: string]> = [
  // Addresses of this machine and its neighbours, plainly and in every disguise a URL parser sees through.
  ['https://127.0.0.1/', PUBLIC_HOST],
  ['https://127.8.9.10/api/', PUBLIC_HOST],
  ['https://localhost/', PUBLIC_HOST],
  ['https://LOCALHOST./', PUBLIC_HOST],
  ['https://api.localhost/', PUBLIC_HOST],
  ['https://127.1/', PUBLIC_HOST],
  ['https://0x7f.0.0.1/', PUBLIC_HOST],
  ['https://0x7f000001/', PUBLIC_HOST],
  ['https://2130706433/', PUBLIC_HOST],
  ['https://0177.0.0.1/', PUBLIC_HOST],
  ['https://017700000001/', PUBLIC_HOST],
  ['https://127.0.0.1./', PUBLIC_HOST],
  ['https://127。0。0。1/', PUBLIC_HOST],
  ['https://①②⑦.0.0.1/', PUBLIC_HOST],
  ['https://ｌｏｃａｌｈｏｓｔ/', PUBLIC_HOST],
  ['https://%31%32%37.0.0.1/', PUBLIC_HOST],
  ['https://0.0.0.0/', PUBLIC_HOST],
  ['https://0/', PUBLIC_HOST],
  ['https://0.1.2.3/', PUBLIC_HOST],
  ['https://10.0.0.5/', PUBLIC_HOST],
  ['https://172.16.0.1/', PUBLIC_HOST],
  ['https://172.31.255.255/', PUBLIC_HOST],
  ['https://192.168.1.1:8443/', PUBLIC_HOST],
  ['https://169.254.169.254/latest/meta-data/', PUBLIC_HOST],
  ['https://100.64.0.1/', PUBLIC_HOST],
  ['https://100.127.255.254/', PUBLIC_HOST],
  ['https://224.0.0.1/', PUBLIC_HOST],
  ['https://240.0.0.1/', PUBLIC_HOST],
  ['https://255.255.255.255/', PUBLIC_HOST],
  ['https://192.0.2.7/', PUBLIC_HOST],
  ['https://198.18.0.1/', PUBLIC_HOST],
  ['https://8.8.2056/', PUBLIC_HOST],
  ['https://134744072/', PUBLIC_HOST],
  ['https://[::1]/', PUBLIC_HOST],
  ['https://[::]/', PUBLIC_HOST],
  ['https://[::ffff:127.0.0.1]/', PUBLIC_HOST],
  ['https://[::ffff:7f00:1]/', PUBLIC_HOST],
  ['https://[::ffff:8.8.8.8]/', PUBLIC_HOST],
  ['https://[0:0:0:0:0:ffff:a9fe:a9fe]/', PUBLIC_HOST],
  ['https://[::127.0.0.1]/', PUBLIC_HOST],
  ['https://[64:ff9b::7f00:1]/', PUBLIC_HOST],
  ['https://[64:ff9b:1::a00:1]/', PUBLIC_HOST],
  ['https://[2002:7f00:1::]/', PUBLIC_HOST],
  ['https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', PUBLIC_HOST],
  ['https://[fe80::1]/', PUBLIC_HOST],
  ['https://[fec0::1]/', PUBLIC_HOST],
  ['https://[fc00::1]/', PUBLIC_HOST],
  ['https://[fd12:3456:789a::1]/', PUBLIC_HOST],
  ['https://[ff02::1]/', PUBLIC_HOST],
  ['https://[2001:db8::1]/', PUBLIC_HOST],
  ['https://[4000::1]/', PUBLIC_HOST],
  ['https://[fe80::1%25eth0]/', MALFORMED],
  // Names that only mean something inside.
  ['https://intranet/', PUBLIC_HOST],
  ['https://db.internal/', PUBLIC_HOST],
  ['https://metadata.google.internal/', PUBLIC_HOST],
  ['https://printer.local/', PUBLIC_HOST],
  ['https://router.home.arpa/', PUBLIC_HOST],
  // Other schemes.
  ['http://xsp.arrow.com/index.php/api/', HTTPS],
  ['ftp://xsp.arrow.com/', HTTPS],
  ['file:///etc/passwd', HTTPS],
  ['gopher://xsp.arrow.com/', HTTPS],
  ['data:text/plain,hello', HTTPS],
  ['javascript:alert(1)', HTTPS],
  ['//xsp.arrow.com/', HTTPS],
  ['xsp.arrow.com/index.php/api/', HTTPS],
  // Parts that a URL may have and this one must not.
  ['https://user@xsp.arrow.com/', USER],
  ['https://user:pass@xsp.arrow.com/', USER],
  ['https://xsp.arrow.com@127.0.0.1/', USER],
  ['https://xsp.arrow.com:443@127.0.0.1/', USER],
  ['https://@xsp.arrow.com/', USER],
  ['https://xsp.arrow.com/#a', FRAGMENT],
  ['https://127.0.0.1#@xsp.arrow.com/', FRAGMENT],
  ['https://xsp.arrow.com/?x=1', QUERY],
  ['https://xsp.arrow.com?@127.0.0.1/', QUERY],
  ['https://xsp.arrow.com:/', PORT],
  ['https://xsp.arrow.com:0/', PORT],
  ['https://xsp.arrow.com:0443/', PORT],
  ['https://xsp.arrow.com:65536/', PORT],
  ['https://xsp.arrow.com:+443/', PORT],
  ['https://xsp.arrow.com:https/', PORT],
  ['https://xsp.arrow.com:80:80/', PORT],
  // Forms that two readers may take differently.
  ['https:\\\\xsp.arrow.com/', SPACES],
  ['https://xsp.arrow.com\\@127.0.0.1/', SPACES],
  ['https://xsp.arrow.com/\u0000', SPACES],
  [' https://xsp.arrow.com/', SPACES],
  ['https://xsp.arrow.com/\r\nX-Injected: 1', SPACES],
  ['https://xsp.\tarrow.com/', SPACES],
  ['https:///xsp.arrow.com/', MALFORMED],
  ['https:xsp.arrow.com/', MALFORMED],
  ['https://', MALFORMED],
  ['https://[xsp.arrow.com]/', MALFORMED],
  ['https://[::1/', MALFORMED],
  ['https://xsp..arrow.com/', MALFORMED],
  ['https://-/', MALFORMED],
  ['https://xsp.arrow.com/api/../admin/', DOTS],
  ['https://xsp.arrow.com/api/%2e%2E/', DOTS],
  ['', MALFORMED],
  [`https://xsp.arrow.com/${'a'.repeat(234)}`, 'Ensure this field has no more than 255 characters.'],
];

describe('The address of an ArrowSphere account', () => {
  it.each(HOSTILE)('is not %j', (url, fault) => {
    expect(apiUrlFault(url, false)).toBe(fault);
    expect(() => assertAllowedApiUrl(url, false)).toThrow(InvalidFieldsError);
  });

  it.each([[undefined], [null], [5], [{}], [['https://xsp.arrow.com/']]])('is not %j, which is no text', (value) => {
    expect(apiUrlFault(value, false)).toBe(MALFORMED);
  });

  it.each([
    ['https://xsp.arrow.com/index.php/api/'],
    ['https://xsp.arrow.com/index.php/api'],
    ['https://XSP.Arrow.com'],
    ['https://xsp.arrow.com:8443/index.php/api/'],
    ['https://public-api-prod-api.myportal.cloud/'],
    ['https://bücher.example.org/api/'],
    ['https://8.8.8.8/'],
    ['https://[2606:4700:4700::1111]/'],
    [`https://xsp.arrow.com/${'a'.repeat(233)}`],
  ])('may be %s', (url) => {
    expect(apiUrlFault(url, false)).toBeUndefined();
    expect(() => assertAllowedApiUrl(url, false)).not.toThrow();
  });

  it('may be a private one, over http too, only where private hosts are allowed', () => {
    for (const url of ['http://127.0.0.1:3999/index.php/api/', 'http://emulator:8080/api/', 'https://10.1.2.3/']) {
      expect(apiUrlFault(url, true)).toBeUndefined();
      expect(apiUrlFault(url, false)).toBeDefined();
    }
  });

  it('keeps its form rules where private hosts are allowed', () => {
    expect(apiUrlFault('http://user@127.0.0.1/', true)).toBe(USER);
    expect(apiUrlFault('ftp://127.0.0.1/', true)).toBe(HTTPS);
    expect(apiUrlFault('http://127.0.0.1:99999/', true)).toBe(PORT);
  });

  it('names the field in its error', () => {
    expect.assertions(1);
    try {
      assertAllowedApiUrl('http://xsp.arrow.com/', false);
    } catch (error) {
      expect((error as InvalidFieldsError).fields).toEqual({ api_url: [HTTPS] });
    }
  });

  it('means the same with and without its last slash, and whatever the case of its host', () => {
    expect(normalizedApiUrl('https://XSP.arrow.com:443/index.php/api/')).toBe('https://xsp.arrow.com/index.php/api');
    expect(normalizedApiUrl('https://xsp.arrow.com/index.php/api')).toBe('https://xsp.arrow.com/index.php/api');
    expect(normalizedApiUrl('https://xsp.arrow.com')).toBe('https://xsp.arrow.com');
  });
});

describe('A public address', () => {
  it.each([
    ['8.8.8.8'],
    ['1.1.1.1'],
    ['172.15.255.255'],
    ['172.32.0.1'],
    ['100.128.0.1'],
    ['2606:4700:4700::1111'],
    ['2a00:1450::1'],
  ])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['127.0.0.1'],
    ['0.1.2.3'],
    ['::ffff:8.8.8.8'],
    ['fe80::1%eth0'],
    ['4000::1'],
    ['::'],
    ['xsp.arrow.com'],
    [''],
  ])('is not %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
