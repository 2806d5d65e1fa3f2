import { readEnv } from './env.js';

describe('Addresses of the environment', () => {
  const waldur = (url: string) =>
    readEnv({ WALDUR_URL: url, WALDUR_TOKEN: 'waldur-token-0123456789abcdef' }).WALDUR_URL;

  it.each(['https://portal.example/arrow?a=1', 'https://portal.example/#top', 'https://mari:secret@portal.example'])(
    'that paths are put behind are no %s',
    (url) => {
      const fault = 'must not contain a user, a query or a fragment';
      expect(() => readEnv({ PUBLIC_URL: url })).toThrow(`PUBLIC_URL ${fault}`);
      expect(() => waldur(url)).toThrow(`WALDUR_URL ${fault}`);
      expect(() => readEnv({ PUBLIC_URL: url })).not.toThrow(/mari|secret/);
    },
  );

  it('lose their last slashes, and that of Waldur its /api', () => {
    expect(readEnv({ PUBLIC_URL: 'https://portal.example/arrow//' }).PUBLIC_URL).toBe('https://portal.example/arrow');
    expect(waldur('https://waldur.example/api/')).toBe('https://waldur.example');
  });
});
