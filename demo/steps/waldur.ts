import type { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import type { DemoContext } from '../context.js';

/** A user of Waldur's opens this service with the token from there; what Waldur owns is not changed here. */
export const waldurStep =
  (waldur: WaldurStandIn) =>
  async ({ call, say, title }: DemoContext): Promise<void> => {
    title('Work beside a Waldur');
    const { body: me } = await call('GET', '/api/users/me/');
    say(`a token of Waldur opens here: ${me.username}, staff: ${me.is_staff}`);
    const { body: refused } = await call('POST', '/api/customers/', { name: 'Made here' }, 409);
    say(`an organisation is made in Waldur: ${refused.detail.replace(waldur.url, "Waldur's address")}`);
  };
