import { appError } from '../common/app.error.js';

/** There is no Waldur to read from (400). */
export class NotBesideWaldurError extends appError(
  'invalid',
  'not_beside_waldur',
  'WALDUR_URL is not set: the directory is kept here, and there is nothing to read it from.',
) {}
