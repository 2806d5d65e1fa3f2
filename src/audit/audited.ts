import { SetMetadata } from '@nestjs/common';

export const AUDITED = 'audited-action';

/**
 * On every route that is not only read: what the audit trail calls it, `<object>.<verb>` such as
 * `customer_mapping.create`. A request that is done leaves one event, whether it changed anything or not; one that its
 * user may not make leaves one too.
 */
export const Audited = (action: `${string}.${string}`) => SetMetadata(AUDITED, action);
