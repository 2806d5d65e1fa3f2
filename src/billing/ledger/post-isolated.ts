import type { Logger } from '@nestjs/common';
import { AppError } from '../../common/app.error.js';
import { LeaseLostError } from '../../jobs/job.errors.js';
import { ExportSupersededError } from '../core/billing.errors.js';

/**
 * Posts for these organisations together, and where that fails for one after the other: one's fault must not keep the
 * others from being billed. `failed` hears why one could not be posted, as its people may read it; what nobody foresaw is
 * in the log. Throws `LeaseLostError` and `ExportSupersededError`, which are nobody's fault.
 */
export async function postIsolated(
  customers: readonly string[],
  post: (customers: readonly string[]) => Promise<void>,
  failed: (customer: string, why: string) => void | Promise<void>,
  logger: Logger,
): Promise<void> {
  try {
    return await post(customers);
  } catch (error) {
    if (error instanceof ExportSupersededError || error instanceof LeaseLostError) throw error;
    if (customers.length === 1) return failed(customers[0]!, sentenceOf(error, logger));
  }
  for (const customer of customers) await postIsolated([customer], post, failed, logger);
}

function sentenceOf(error: unknown, logger: Logger): string {
  if (error instanceof AppError) return error.message;
  logger.error('An organisation could not be posted', (error as Error).stack);
  return 'It failed in the database; the log says why.';
}
