import type { Logger } from '@nestjs/common';
import { AppError } from '../../common/app.error.js';

/** Why an organisation could not be posted, as its people may read it; what nobody foresaw is in the log. */
export function whyNotPosted(error: unknown, logger: Logger): string {
  if (error instanceof AppError) return error.message;
  logger.error('An organisation could not be posted', (error as Error).stack);
  return 'It failed in the database; the log says why.';
}
