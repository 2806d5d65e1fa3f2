import type { ArrowGateway } from '../arrow-gateway/arrow-gateway.js';
import type { ArrowGatewayMetrics } from '../arrow-gateway/arrow-gateway.metrics.js';
import { AppError } from '../common/app.error.js';
import { inParallel } from '../common/in-parallel.js';
import { isKeyOf, nameOf, ownerOf } from '../settings/account-rows.js';
import type { Settings } from '../settings/settings.entity.js';
import type { SettingsService } from '../settings/settings.service.js';
import type { Check } from './check.js';
import { clockCheck, NO_ACCOUNTS } from './checks.js';

/** Each of them waits for ArrowSphere, for as long as its time-out where it cannot be reached. */
const ACCOUNTS_AT_ONCE = 8;
const MOST_ACCOUNTS = 300;

/** Whether each account's key can be read, and whether ArrowSphere takes it. Of very many accounts, the first. */
export async function accountChecks(
  settings: SettingsService,
  gateway: ArrowGateway,
  metrics: ArrowGatewayMetrics,
): Promise<Check[]> {
  const { items, total } = await settings.list({ pageSize: String(MOST_ACCOUNTS) });
  if (!items.length) return [NO_ACCOUNTS];
  const checks = await inParallel(items, ACCOUNTS_AT_ONCE, async (each) => {
    const name = `account ${each.partnerName || each.apiUrl}`;
    try {
      return await checkOf(name, each);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const advice = `GET /api/admin/arrow/settings/${each.uuid}/ shows the account; save its address or key again.`;
      return [{ name, good: false, says: error.sentence, advice }];
    }
  });
  const others = `The first ${items.length} accounts of ${total} were looked at.`;
  return [...checks.flat(), ...(total > items.length ? [{ name: 'accounts', good: true, says: others }] : [])];

  async function checkOf(name: string, each: Settings): Promise<Check[]> {
    const account = settings.accountOf(each);
    const partner = await gateway.whoAmI(account, { refresh: true });
    const says = `ArrowSphere takes the key of ${ownerOf(partner)}.`;
    if (!isKeyOf(each, partner)) {
      const advice = `It is the account of ${nameOf(each)}: PATCH /api/admin/arrow/settings/${each.uuid}/ with its key.`;
      return [{ name, good: false, says, advice }];
    }
    return [{ name, good: true, says }, ...clockCheck(name, metrics.clockSkewOf(account))];
  }
}
