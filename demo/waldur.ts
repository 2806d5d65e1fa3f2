import { waldurUser } from '../emulator/waldur/waldur-data.js';
import type { WaldurStandIn } from '../emulator/waldur/waldur-stand-in.js';
import { newToken } from '../src/auth/token.js';

/** What makes the service work beside this Waldur, and bring it the charges of the month before and later ones. */
export function besideWaldur({ url, token }: WaldurStandIn): Record<string, string> {
  return {
    WALDUR_URL: url,
    WALDUR_TOKEN: token,
  };
}

/** Somebody who works in that Waldur as staff; answers the token. */
export function personInWaldur({ data }: WaldurStandIn): string {
  const token = newToken();
  data.users.push(waldurUser({ username: 'mari', is_staff: true, tokens: [token] }));
  return token;
}
