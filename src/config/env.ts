import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { parseUrl } from '../common/parse-url.js';
import { UUID_FORMATS } from '../common/uuid.js';

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0', 'yes', 'no'], { error: 'must be true or false' })
    .optional()
    .transform((text) => (text === undefined ? fallback : ['true', '1', 'yes'].includes(text)));

const whole = <Fallback extends number | undefined>(fallback: Fallback, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .optional()
    .transform((text): number | Fallback => (text === undefined ? fallback : Number(text)))
    .refine((n) => n === undefined || (n >= min && n <= max), `must be a whole number from ${min} to ${max}`);

/** Texts joined by commas. */
const list = z
  .string()
  .optional()
  .transform((text) => (text ? text.split(',').map((each) => each.trim()) : []));

const isOrigin = (text: string) => text === '*' || parseUrl(text)?.origin === text;

/** Holds a secret: it may also be given as the content of a file, which a variable with `_FILE` behind its name names. */
const secret = <Schema extends z.ZodType>(schema: Schema): Schema => schema.meta({ secret: true });

/** 32 bytes in base64. */
export const SECRET_KEY_FORM = /^[A-Za-z0-9+/]{43}=?$/;

/** Whether nothing of the user and password has been taken for host, path or fragment. */
function isDatabaseUrl(text: string): boolean {
  const url = parseUrl(text);
  try {
    return !!url && !url.hash && !url.pathname.includes('@') && !!decodeURIComponent(url.username + url.password + 'x');
  } catch {
    return false;
  }
}

function isWithoutPassword(databaseUrl = ''): boolean {
  const { username, password, host } = parseUrl(databaseUrl) ?? {};
  return !!username && !!host && !password;
}

const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/]+/, 'must start with http:// or https://')
  .refine((text) => parseUrl(text), 'is no URL');

/** What paths are put behind: without its last slash. */
const baseUrl = httpUrl
  .refine((text) => !/[?#]/.test(text) && !parseUrl(text)?.username, 'must not contain a user, a query or a fragment')
  .transform((url) => url.replace(/\/+$/, ''));

/** Schedules read a closed month again for so long, and compare it with what is kept. */
const MONTHS_LOOKED_AT = 12;

const secretKey = z.string().regex(SECRET_KEY_FORM, 'must be 32 bytes in base64 (openssl rand -base64 32)');

const Variables = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(3000, 0, 65535),
  /** Base of the hyperlinks in answers, without its last slash; unset: taken from the request. */
  PUBLIC_URL: baseUrl.optional(),
  /** How UUIDs are written in answers; both forms are read. Waldur itself writes bare hex digits. */
  UUID_FORMAT: z.enum(UUID_FORMATS).default('dashed'),
  /** `postgres://…`; unset: the embedded database in `DATA_DIR`. */
  DATABASE_URL: secret(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
      .refine(
        (text) => isDatabaseUrl(text),
        'cannot be read: in its user and password write # as %23, / as %2F, @ as %40, : as %3A and % as %25',
      )
      .optional(),
  ),
  /** As it is, not encoded; of the user in a `DATABASE_URL` that has no password itself. */
  DATABASE_PASSWORD: secret(z.string().optional()),
  // Migrations hold one connection for their lock and run on another.
  DATABASE_POOL_SIZE: whole(10, 2, 200),
  DATA_DIR: z.string().min(1).default('./data'),
  STAFF_TOKEN: secret(
    z
      .string()
      .min(40, 'must have at least 40 characters')
      .max(200)
      .regex(/^\S+$/, 'must not contain spaces')
      .optional(),
  ),
  /** Whether user names and passwords are exchanged for tokens at all. */
  PASSWORD_LOGIN_ENABLED: flag(true),
  /** A token of a login expires when it is not used for so long. */
  LOGIN_TOKEN_LIFETIME_SECONDS: whole(3600, 60, 31_536_000),
  /** 32 bytes in base64; unset: generated into `DATA_DIR`. */
  SECRET_KEY: secret(secretKey.optional()),
  /** What `SECRET_KEY` was before, until everything that stands under it has been encrypted anew. */
  SECRET_KEY_PREVIOUS: secret(secretKey.optional()),
  /** The audit trail of so many months stays in the database; older ones may be dropped once they are exported. */
  AUDIT_KEEP_MONTHS: whole(24, 1, 1200),
  ARROW_ALLOW_PRIVATE_HOSTS: flag(false),
  ARROW_TIMEOUT_MS: whole(30_000, 100, 600_000),
  ARROW_MAX_CONCURRENCY: whole(8, 1, 64),
  ARROW_MAX_RETRIES: whole(3, 0, 10),
  ARROW_MAX_QUEUE: whole(2_000, 1, 100_000),
  ARROW_CACHE_SECONDS: whole(60, 0, 3600),
  /** The Waldur beside which this works: where its `/api/` is. Unset: there is none. */
  WALDUR_URL: baseUrl.transform((url) => url.replace(/\/api$/, '')).optional(),
  /** Of a staff user of that Waldur. */
  WALDUR_TOKEN: secret(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'must not contain spaces')
      .optional(),
  ),
  WALDUR_TIMEOUT_MS: whole(30_000, 100, 600_000),
  WALDUR_MAX_CONCURRENCY: whole(4, 1, 64),
  WALDUR_MAX_RETRIES: whole(3, 0, 10),
  WALDUR_SYNC_INTERVAL_MINUTES: whole(15, 1, 1440),
  /** Charges of closed months become items of Waldur's invoices. */
  WALDUR_PUSH_CHARGES: flag(false),
  /** The first month whose charges do: those before were billed by Waldur itself. */
  WALDUR_PUSH_FROM: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-09')
    .optional(),
  /** The one currency of that Waldur. */
  WALDUR_CURRENCY: z
    .string()
    .refine((code) => Intl.supportedValuesOf('currency').includes(code), 'must be an ISO 4217 code such as EUR')
    .optional(),
  /** Also charges of resources whose plan in Waldur has a price, which Waldur bills by itself. */
  WALDUR_PUSH_PRICED_PLANS: flag(false),
  WALDUR_PUSH_INTERVAL_HOURS: whole(6, 1, 720),
  ARROW_AUTO_RECONCILIATION: flag(false),
  ARROW_SYNC_INTERVAL_HOURS: whole(6, 1, 720),
  ARROW_CONSUMPTION_SYNC_ENABLED: flag(false),
  ARROW_CONSUMPTION_SYNC_INTERVAL_HOURS: whole(1, 1, 720),
  ARROW_BILLING_CHECK_INTERVAL_HOURS: whole(6, 1, 720),
  /** Jobs that were asked for so many days ago, and ended, are forgotten; 0: none. */
  JOBS_KEEP_DAYS: whole(400, 0, 36_500),
  /** Pages of exports go so many months after their month was closed; 0: never. */
  EXPORTS_KEEP_MONTHS: whole(0, 0, 1_200).refine(
    (months) => months === 0 || months > MONTHS_LOOKED_AT,
    `must be 0, for ever, or more than ${MONTHS_LOOKED_AT}: schedules look at closed months for a year`,
  ),
  /** Host names that hyperlinks in answers may begin with, besides the address listened at; `*`: any. */
  ALLOWED_HOSTS: list.pipe(
    z.array(z.string().regex(/^(\*|[\w.-]+|\[[\da-f:]+\])$/i, 'must be host names without scheme and port, or *')),
  ),
  /** A request has to arrive as a whole within so many seconds. */
  REQUEST_TIMEOUT_SECONDS: whole(30, 1, 3600),
  /** The process ends within so many seconds after it was told to. */
  SHUTDOWN_GRACE_SECONDS: whole(20, 1, 3600),
  /** Requests of one token, and from one address, within a minute, on all instances; 0: as many as come. */
  REQUESTS_PER_MINUTE_PER_TOKEN: whole(0, 0, 10_000_000),
  REQUESTS_PER_MINUTE_PER_ADDRESS: whole(0, 0, 10_000_000),
  /** Unknown tokens and wrong passwords from one address within ten minutes; 0: as many as come. */
  FAILED_ATTEMPTS_PER_ADDRESS: whole(100, 0, 1_000_000),
  /** Requests that one process serves at once, and others that may wait; 0 at once: as many as come. */
  REQUESTS_AT_ONCE: whole(64, 0, 10_000),
  REQUESTS_WAITING: whole(256, 0, 100_000),
  /** Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; empty: nobody's. */
  TRUSTED_PROXIES: list.pipe(
    z.array(
      z.string().refine((text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text), 'must be addresses or networks'),
    ),
  ),
  /** Browser origins allowed to call the API; empty: none. */
  CORS_ORIGINS: list.pipe(
    z.array(
      z.string().refine(isOrigin, 'must be origins such as https://portal.example, without a slash at the end, or *'),
    ),
  ),
  /** The key that stored ArrowSphere keys were encrypted with is lost: start with the new one nevertheless. */
  SECRET_KEY_REPLACED: flag(false),
  /** Hosts besides ArrowSphere's own that may be reached through the proxy. */
  ARROW_PROXY_HOSTS: list,
  /** The way out to ArrowSphere. It resolves names, so then only `*.arrowsphere.net` and `ARROW_PROXY_HOSTS` are allowed. */
  HTTPS_PROXY: secret(httpUrl.optional()),
  /** Hosts that are connected to without the proxy, joined by commas. */
  NO_PROXY: z.string().default(''),
  /** Where `/metrics` is, for Prometheus; unset: nowhere. */
  METRICS_PORT: whole(undefined, 0, 65535),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  /** Asked of who reads them, as `Authorization: Bearer …`; unset: whoever reaches the port reads them. */
  METRICS_TOKEN: secret(
    z
      .string()
      .min(20, 'must have at least 20 characters')
      .max(200)
      .regex(/^\S+$/, 'must not contain spaces')
      .optional(),
  ),
  /** Whereto spans are sent, as OTLP over HTTP; unset: nowhere. */
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  /** The same, for one that takes spans only; it is used as it stands. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional(),
  /** Sent with the spans, as `name=value` joined by commas: the key of a collector. */
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    z
      .string()
      .regex(/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/, 'must be name=value, joined by commas')
      .optional(),
  ),
  OTEL_SDK_DISABLED: flag(false),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'verbose']).default('info'),
  LOG_FORMAT: z.enum(['pretty', 'json']).optional(),
});

const Checked = Variables.refine((env) => !env.DATABASE_URL || env.SECRET_KEY, {
  path: ['SECRET_KEY'],
  message: 'is required when DATABASE_URL is set, so that every instance decrypts the same keys',
})
  .refine(({ DATABASE_URL, DATABASE_PASSWORD }) => !DATABASE_PASSWORD || isWithoutPassword(DATABASE_URL), {
    path: ['DATABASE_PASSWORD'],
    message: 'needs a DATABASE_URL that names user and host and has no password itself',
  })
  .refine(({ SECRET_KEY, SECRET_KEY_PREVIOUS }) => !SECRET_KEY || SECRET_KEY !== SECRET_KEY_PREVIOUS, {
    path: ['SECRET_KEY_PREVIOUS'],
    message: 'is the same as SECRET_KEY: it has to be the key before that, or not set',
  })
  .refine(({ WALDUR_URL, WALDUR_TOKEN }) => !WALDUR_URL === !WALDUR_TOKEN, {
    path: ['WALDUR_TOKEN'],
    message: 'and WALDUR_URL are set together or not at all',
  })
  .superRefine((env, context) => {
    if (!env.WALDUR_PUSH_CHARGES) return;
    const needed = ['WALDUR_URL', 'WALDUR_PUSH_FROM', 'WALDUR_CURRENCY'] as const;
    const missing = needed.filter((name) => !env[name]);
    if (missing.length)
      context.addIssue({
        code: 'custom',
        path: ['WALDUR_PUSH_CHARGES'],
        message: `needs ${missing.join(', ')}: set it, or push no charges`,
      });
  })
  .transform(({ DATABASE_PASSWORD: password, ...env }) => {
    if (!env.DATABASE_URL || !password) return env;
    const url = new URL(env.DATABASE_URL);
    url.password = encodeURIComponent(password);
    return { ...env, DATABASE_URL: url.href };
  });

/** The checked settings of the process, as the schema above reads them; inject it by this class. */
export abstract class Env extends (Object as unknown as abstract new () => Readonly<z.infer<typeof Checked>>) {}

/** Every fault of the environment at once, one line each, with the variable's name. */
export class InvalidEnvironmentError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'InvalidEnvironmentError';
  }
}

const FILE = '_FILE';

/** Variables whose values may stand in files. */
const secretNames = Object.entries(Variables.shape).flatMap(([name, schema]) => (schema.meta()?.secret ? [name] : []));

/** Every variable there is. */
export const variableNames = Object.keys(Variables.shape).flatMap((name) =>
  secretNames.includes(name) ? [name, name + FILE] : [name],
);

/** Names that other programs use too, in small letters as well; blank means none there. */
const SHARED = ['HTTPS_PROXY', 'NO_PROXY'];

/**
 * Reads and checks the variables. One that is set and blank is a fault. A secret may stand in the file that its variable
 * with `_FILE` behind the name names; a line break at the end of it does not count. Throws {@link InvalidEnvironmentError}.
 */
export function readEnv(variables: Record<string, string | undefined> = process.env): Env {
  const given: Record<string, string | undefined> = { ...variables };
  for (const name of SHARED) given[name] = variables[name] || variables[name.toLowerCase()] || undefined;
  const faults = variableNames
    .filter((name) => given[name]?.trim() === '')
    .map((name) => `${name} is set, but blank: give it a value, or do not set it`);
  const unread = new Set<string>();
  for (const name of secretNames) {
    const file = given[name + FILE];
    if (!file?.trim()) continue;
    const content = given[name]
      ? fault(`${name} and ${name + FILE} are both set: take one of them away`)
      : secretIn(file, name);
    if (typeof content === 'string') given[name] = content;
    else {
      faults.push(content.fault);
      unread.add(name);
    }
  }
  const result = Checked.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value)));
  if (result.success && !faults.length) return result.data;
  // What a file does not give is not missing as well.
  const wrong = (result.error?.issues ?? []).filter(({ path }) => !unread.has(String(path[0])));
  throw new InvalidEnvironmentError([...faults, ...wrong.map((issue) => `${issue.path.join('.')} ${issue.message}`)]);
}

const fault = (sentence: string) => ({ fault: sentence });

function secretIn(file: string, name: string): string | { readonly fault: string } {
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return content.trim() ? content : fault(`${name + FILE}: ${file} is empty: write the value of ${name} into it`);
  } catch (error) {
    const why = (error as Error).message;
    return fault(`${name + FILE} cannot be read (${why}): name a file that the user of the service may read`);
  }
}
