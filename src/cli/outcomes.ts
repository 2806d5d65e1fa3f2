import type { Check } from './check.js';

/** What a command came to. */
export interface Outcome {
  /** For `--json`. */
  readonly value: unknown;
  readonly lines: readonly string[];
  readonly isGood?: boolean;
}

/** As `wireOfJob` makes it. */
export interface Job {
  readonly uuid: string;
  readonly kind: string;
  readonly scope: string;
  readonly state: string;
  readonly step: string;
  readonly created: string;
  readonly progress_done: number;
  readonly progress_total: number;
  readonly error_message: string;
  readonly result: { readonly postings?: number; readonly reencrypted?: number } | null;
}

export interface User {
  readonly uuid: string;
  readonly username: string;
  readonly email: string;
  readonly is_staff: boolean;
  readonly is_support: boolean;
  readonly is_active: boolean;
}

export interface Erased {
  /** Null: the person is no user here, but of the Waldur beside. */
  readonly uuid: string | null;
  readonly pseudonym: string;
  readonly columns: Readonly<Record<string, number>>;
}

export interface Token {
  readonly uuid: string;
  readonly name: string;
  readonly user: string;
  readonly scope: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly is_active: boolean;
}

export interface KeyStatus {
  readonly current: string;
  readonly previous: string | null;
  readonly in_use: 'current' | 'previous';
  readonly is_under_way: boolean;
  readonly under_current: number;
  readonly under_previous: number;
  readonly unreadable: readonly { readonly uuid: string; readonly partner: string }[];
  readonly is_previous_needed: boolean;
  readonly rotation: Job | null;
}

export function linesOfCheck({ name, good, warns = false, says, advice }: Check): string[] {
  const word = !good ? 'BAD ' : warns ? 'warn' : 'good';
  return [`${word}  ${name}: ${says}`, ...(word === 'good' || !advice ? [] : [`      ${advice}`])];
}

export function sentenceOfJob({
  state,
  step,
  progress_done: done,
  progress_total: total,
  error_message: why,
}: Job): string {
  if (state === 'running') return `running, ${step} ${done}${total ? ` of ${total}` : ''}`;
  return why ? `${state}: ${why}` : state;
}

export function outcomeOfJob(job: Job, waited: boolean): Outcome {
  const next = waited ? [] : [`waldur-arrow job show ${job.uuid} tells how far it is.`];
  const { postings, reencrypted } = job.result ?? {};
  const came = [
    ...(postings === undefined ? [] : [`, ${postings} postings`]),
    ...(reencrypted === undefined ? [] : [`, API keys encrypted anew: ${reencrypted}`]),
  ].join('');
  return {
    value: job,
    lines: [`${job.kind} ${job.scope}: ${sentenceOfJob(job)}${came}`, ...(job.state === 'cancelled' ? [] : next)],
    isGood: !waited || job.state === 'succeeded',
  };
}

export function listed<T>(value: readonly T[], sentenceOf: (each: T) => string): Outcome {
  return { value, lines: value.length ? value.map(sentenceOf) : ['There are none.'] };
}

export function sentenceOfUser({ uuid, username, email, ...user }: User): string {
  const roles = [user.is_staff && 'staff', user.is_support && 'support', !user.is_active && 'not active'];
  return [`${uuid}  ${username}`, email, ...roles].filter(Boolean).join(', ');
}

export function sentenceOfToken({ uuid, name, user, scope, is_active: isActive, ...token }: Token): string {
  const end = token.expires_at ? `ends ${token.expires_at}` : 'does not end';
  const use = token.last_used_at ? `last used ${token.last_used_at}` : 'not used yet';
  return `${uuid}  ${name} of ${user}: ${scope}, ${end}, ${use}${isActive ? '' : ', opens nothing'}`;
}

export function linesOfKeys(status: KeyStatus): string[] {
  const { current, previous, under_current: onCurrent, under_previous: onPrevious, unreadable, rotation } = status;
  const isNew = (inUse: KeyStatus['in_use']) => (status.in_use === inUse ? ' New ones come under it.' : '');
  return [
    `SECRET_KEY is ${current}. API keys under it: ${onCurrent}.${isNew('current')}`,
    previous
      ? `SECRET_KEY_PREVIOUS is ${previous}. API keys under it: ${onPrevious}.${isNew('previous')}`
      : 'There is no SECRET_KEY_PREVIOUS.',
    ...unreadable.map(
      ({ uuid, partner }) => `The API key of ${partner} (${uuid}) can be read with none: save it again.`,
    ),
    ...(rotation ? [`The last rotation: ${sentenceOfJob(rotation)} (${rotation.uuid}).`] : []),
    ...(previous ? [adviceOnPrevious(status)] : []),
  ];
}

function adviceOnPrevious(status: KeyStatus): string {
  if (!status.is_previous_needed) return 'SECRET_KEY_PREVIOUS is not needed any more: take it out of the settings.';
  return 'SECRET_KEY_PREVIOUS is needed: waldur-arrow key rotate brings all API keys under SECRET_KEY.';
}
