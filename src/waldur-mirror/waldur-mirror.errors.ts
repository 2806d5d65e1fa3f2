import { AppError } from '../common/app.error.js';

/** There is no Waldur to read from (400). */
export class NotBesideWaldurError extends AppError {
  readonly kind = 'invalid';
  readonly code = 'not_beside_waldur';

  constructor() {
    super('WALDUR_URL is not set: the directory is kept here, and there is nothing to read it from.');
  }
}
