import { AppError } from '../common/app.error.js';
import { ObjectNotFoundError } from '../common/http-errors.js';

export class JobNotFoundError extends ObjectNotFoundError {
  override readonly code = 'job_not_found';
  constructor() {
    super('Job');
  }
}

/** Somebody asked for it to stop. What it had finished by then stays. */
export class JobCancelledError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'job_cancelled';
  constructor() {
    super('The job was cancelled.');
  }
}

/** The job has ended already. */
export class JobFinishedError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'job_finished';
  constructor(state: string) {
    super(`The job has ended already: ${state}.`);
  }
}
