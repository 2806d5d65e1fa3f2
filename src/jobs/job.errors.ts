import { AppError, appError } from '../common/app.error.js';
import { notFoundError } from '../common/http-errors.js';

export class JobNotFoundError extends notFoundError('Job', 'job_not_found') {}

/** Somebody asked for it to stop. What it had finished by then stays. */
export class JobCancelledError extends appError('conflict', 'job_cancelled', 'The job was cancelled.') {}

/** The job has ended already. */
export class JobFinishedError extends appError(
  'conflict',
  'job_finished',
  (state: string) => `The job has ended already: ${state}.`,
) {}

/** Another worker may have the run by now: whoever gets this stops at once and writes nothing down. */
export class LeaseLostError extends appError('conflict', 'lease_lost', 'The job was taken over by another worker.') {}

/** Thrown by a handler that did a part only: the job has failed, and yet has a result to show. */
export class JobIncompleteError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'incomplete';
  constructor(
    message: string,
    readonly result: Record<string, unknown>,
  ) {
    super(message);
  }
}

/** It is worked on already, but not in the way asked for: that run cannot stand for this one. */
export class OtherRunUnderWayError extends appError(
  'conflict',
  'other_run_under_way',
  (what: string, jobUuid: string) =>
    `${what} is worked on already with other options (job ${jobUuid}). Wait for its end, or cancel it.`,
) {}

/** What such a job writes would name the person again. */
export class JobsOfPersonUnderWayError extends AppError {
  readonly kind = 'conflict';
  readonly code = 'jobs_of_person_under_way';
  constructor(uuids: readonly string[]) {
    super(`Jobs that the user asked for are not over: wait for their end, or cancel them: ${uuids.join(', ')}.`, {
      uuids,
    });
  }
}

/** Whoever works on it dies of it: nobody tries again. */
export class JobGaveUpError extends appError(
  'conflict',
  'job_gave_up',
  (attempts: number) => `Its process died ${attempts} times.`,
) {}
