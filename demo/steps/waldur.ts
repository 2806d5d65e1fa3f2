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

interface Item {
  customer_name: string;
  name: string;
}
const orderOf = ({ customer_name, name }: Item) => `${customer_name} ${name}`;

/** What was charged goes on Waldur's invoices, each charge once, and both sides are compared. */
export const chargesStep =
  (waldur: WaldurStandIn) =>
  async ({ call, finish, say, title }: DemoContext): Promise<void> => {
    title("Put the charges on Waldur's invoices");
    const pushed = '/api/admin/arrow/pushed-items/';
    const push = async () => {
      const { state, result } = await finish(`${pushed}push/`, {});
      return `${state}, ${result.sent} items sent, ${result.moved} of them moved to this month, ${result.refused} refused`;
    };
    say(`push: ${await push()}`);
    say(`push once more: ${await push()}`);
    const { body: items } = await call('GET', `${pushed}?page_size=50`);
    items.sort((a: Item, b: Item) => (orderOf(a) < orderOf(b) ? -1 : 1));
    for (const { name, customer_name, amount, currency, state } of items)
      say(`  ${customer_name.padEnd(20)} ${name.padEnd(62)} ${amount.padStart(8)} ${currency}  ${state}`);
    const { body: rows } = await call('GET', `${pushed}comparison/`);
    for (const { customer_name, month, charged, at_waldur, difference } of rows)
      say(`${customer_name}, ${month}: charged ${charged}, at Waldur ${at_waldur}, difference ${difference}`);
    say(`items on all invoices of Waldur: ${waldur.invoices.items.length}`);
  };
