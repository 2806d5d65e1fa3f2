import { SetMetadata } from '@nestjs/common';
import type { HttpRequest } from '../common/http.js';
import type { Priority } from '../limits/load-gate.js';

export const PRIORITY = 'priority';

/** `first`: what is served whatever else there is to do. */
export type StatedPriority = 'first' | 'bulk';

/** Work on many objects, or work that waits for ArrowSphere: the first to be refused when there is too much to do. */
export const Bulk = () => SetMetadata(PRIORITY, 'bulk' satisfies StatedPriority);

/** Never refused and never counted: who watches over the service has to see how it is. */
export const ServedFirst = () => SetMetadata(PRIORITY, 'first' satisfies StatedPriority);

/** As its route states it; files are bulk work, reads come before changes. */
export function priorityOf({ method, originalUrl }: HttpRequest, stated?: StatedPriority): Priority | 'first' {
  if (stated) return stated;
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return /[?&]format=(csv|xlsx)\b/.test(originalUrl) ? 'bulk' : 'read';
  return 'write';
}
