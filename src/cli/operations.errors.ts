import { appError } from '../common/app.error.js';

/** The file is no file, or its user may not read it; a unit of systemd may hide whole folders from a service. */
export class UnreadableFileError extends appError(
  'conflict',
  'unreadable_file',
  (file: string, why: string) => `${file} cannot be read by the user of the service: ${why}`,
) {}

/** Nobody does such jobs, and nobody did. */
export class UnknownJobKindError extends appError(
  'invalid',
  'unknown_job_kind',
  (kind: string, kinds: readonly string[]) =>
    `There are no jobs of the kind ${kind}. Kinds: ${[...kinds].sort().join(', ')}.`,
) {}

/** The service is of another version than the command line. */
export class UnknownCommandError extends appError(
  'invalid',
  'unknown_command',
  (name: string) => `The service does not know the command ${name}: use the command line of its own version.`,
) {}
