import { waldurUser } from '../emulator/waldur/waldur-data.js';
import type { WaldurStandIn } from '../emulator/waldur/waldur-stand-in.js';
import { newToken } from '../src/auth/token.js';
import { YearMonth } from '../src/common/year-month.js';

/** What makes the service work beside this Waldur, and bring it the charges of the month before and later ones. */
export function besideWaldur({ url, token }: WaldurStandIn): Record<string, string> {
  return {
    WALDUR_URL: url,
    WALDUR_TOKEN: token,
    WALDUR_PUSH_CHARGES: 'true',
    WALDUR_PUSH_FROM: YearMonth.at(new Date()).plus(-1).toString(),
    WALDUR_CURRENCY: 'EUR',
  };
}

/** Somebody who works in that Waldur as staff; answers the token. */
export function personInWaldur({ data }: WaldurStandIn): string {
  const token = newToken();
  data.users.push(waldurUser({ username: 'mari', is_staff: true, tokens: [token] }));
  return token;
}
