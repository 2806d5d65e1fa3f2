import { Injectable } from '@nestjs/common';
import {
  type ArrowAccount,
  type ArrowCustomer,
  ArrowGateway,
  type ArrowPartner,
} from '../arrow-gateway/arrow-gateway.js';
import { ArrowError, ArrowNotFoundError } from '../arrow-gateway/arrow-gateway.errors.js';
import { ArrowGatewayMetrics } from '../arrow-gateway/arrow-gateway.metrics.js';
import { AppError } from '../common/app.error.js';
import { Clock } from '../common/clock.js';
import { renderDateTime } from '../common/date-time.js';
import { isRefusal } from '../settings/credentials.service.js';
import type { ExportTypeFit } from '../arrow-export/export-type-fit.js';
import { ExportTypesService } from '../settings/export-types.service.js';
import { isKeyOf, nameOf, ownerOf } from '../settings/account-rows.js';
import type { Settings } from '../settings/settings.entity.js';
import { ApiKeyUnreadableError } from '../settings/settings.errors.js';
import { SettingsService } from '../settings/settings.service.js';
import { type MirrorState, WaldurMirrorService } from '../waldur-mirror/waldur-mirror.service.js';
import type { CustomerMapping } from './customer-mapping.entity.js';
import { CustomerMappingsService } from './customer-mappings.service.js';
import { mappingsByCustomer } from './mappings-by-customer.js';

/** From best to worst; `unknown`: it could not be checked, which is never taken for ok. */
export const VERDICTS = ['ok', 'warning', 'unknown', 'failed'] as const;
export type HealthVerdict = (typeof VERDICTS)[number];

interface Check {
  readonly verdict: HealthVerdict;
  readonly message: string;
}

/** What it found is counted, null where it could not be checked; the first of them are shown. */
interface CountCheck extends Check {
  readonly count: number | null;
}

/** What is checked of an account, each with its verdict. */
export interface HealthChecks {
  /** Whether ArrowSphere takes the key. */
  readonly apiKey: Check;
  /**
   * Whether the key still belongs to the account's partner; `reference`, `name`: of the key, as ArrowSphere says now.
   */
  readonly partner: Check & { readonly expectedReference: string; readonly reference?: string; readonly name?: string };
  /** Whether billing can run on the export type. */
  readonly exportType: Check & {
    readonly reference: string;
    readonly name?: string;
    readonly missingRequiredFields: readonly string[];
    readonly missingImportantFields: readonly string[];
  };
  /** When ArrowSphere last answered; null: not since the service started. */
  readonly lastSuccessfulCall: Check & { readonly at: Date | null };
  /** How fresh the copy of Waldur is; left out where there is no Waldur. `readAt` null: not yet. */
  readonly directory?: Check & { readonly readAt: Date | null; readonly lastError: string };
  /** ArrowSphere customers without any mapping. */
  readonly unmappedCustomers: CountCheck & { readonly customers: readonly CheckedCustomer[] };
  /** Active mappings of customers that ArrowSphere does not have. */
  readonly unknownReferences: CountCheck & { readonly mappings: readonly CheckedCustomer[] };
  /** Active mappings whose company has another name at ArrowSphere. */
  readonly renamedCustomers: CountCheck & { readonly mappings: readonly RenamedCustomer[] };
}

interface CheckedCustomer {
  readonly arrowReference: string;
  readonly name: string;
  readonly mappingUuid?: string;
}

interface RenamedCustomer {
  readonly mappingUuid: string;
  readonly arrowReference: string;
  readonly from: string;
  readonly to: string;
}

/** An account and how it is. */
export interface SettingsHealth {
  readonly settingsUuid: string;
  readonly checkedAt: Date;
  readonly checks: HealthChecks;
}

/** How many rows a check shows at most. */
const MAX_SHOWN = 100;

/** What ArrowSphere answered, or why it did not. */
type Asked<T> = { readonly answer: T } | { readonly error: AppError };

/** Whether an account works, asked of ArrowSphere now. What could not be checked is `unknown`, never `ok`. */
@Injectable()
export class SettingsHealthService {
  constructor(
    private readonly settings: SettingsService,
    private readonly exportTypes: ExportTypesService,
    private readonly mappings: CustomerMappingsService,
    private readonly gateway: ArrowGateway,
    private readonly metrics: ArrowGatewayMetrics,
    private readonly mirror: WaldurMirrorService,
    private readonly clock: Clock,
  ) {}

  /** ArrowSphere's failures are part of the answer. Throws `SettingsNotFoundError`. */
  async check(uuid: string): Promise<SettingsHealth> {
    const settings = await this.settings.get(uuid);
    const checkedAt = this.clock.now();
    const [account, mappings] = await Promise.all([
      asked(() => this.settings.accountOf(settings)),
      this.mappings.ofSettings(settings.uuid),
    ]);
    const ask = <T>(question: (account: ArrowAccount) => T | Promise<T>): Promise<Asked<T>> =>
      'error' in account ? Promise.resolve(account) : asked(() => question(account.answer));
    const [partner, exportType, customers, mirror] = await Promise.all([
      ask((key) => this.gateway.whoAmI(key, { refresh: true })),
      settings.exportTypeReference
        ? ask((key) => this.exportTypes.fit(key, settings.exportTypeReference, needsOf(settings)))
        : undefined,
      ask(async (key) => (await this.gateway.listCustomers(key, { refresh: true })).data),
      this.mirror.state(),
    ]);
    // An address or key that may not be used has never been called.
    const lastCall = await ask((key) => this.metrics.lastSuccessOf(key));
    const checks: HealthChecks = {
      apiKey: keyCheck(partner),
      partner: partnerCheck(settings, partner),
      exportType: exportTypeCheck(settings, exportType),
      lastSuccessfulCall: lastCallCheck('answer' in lastCall ? lastCall.answer : undefined, partner),
      ...(mirror && { directory: directoryCheck(mirror) }),
      ...customerChecks(customers, mappings),
    };
    return { settingsUuid: settings.uuid, checkedAt, checks };
  }
}

async function asked<T>(question: () => T | Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await question() };
  } catch (error) {
    if (error instanceof ArrowError || error instanceof ApiKeyUnreadableError) return { error };
    throw error;
  }
}

function needsOf({ invoicePriceSource, classificationFilter }: Settings) {
  return { priceSource: invoicePriceSource, classificationFilter };
}

function keyCheck(asked: Asked<ArrowPartner>): HealthChecks['apiKey'] {
  if ('answer' in asked) return { verdict: 'ok', message: 'ArrowSphere takes the key.' };
  const { error } = asked;
  // An outage says nothing of the key.
  const isAnswer = error instanceof ArrowNotFoundError || (error instanceof ArrowError && isRefusal(error));
  const verdict = isAnswer || error instanceof ApiKeyUnreadableError ? 'failed' : 'unknown';
  return { verdict, message: error.message };
}

function partnerCheck(settings: Settings, asked: Asked<ArrowPartner>): HealthChecks['partner'] {
  const expected = { expectedReference: settings.partnerReference };
  if ('error' in asked) return { verdict: 'unknown', message: 'ArrowSphere did not say whose key it is.', ...expected };
  const { reference, companyName: name } = asked.answer;
  const found = { ...expected, reference, name };
  if (settings.partnerReference === '') {
    return {
      verdict: 'warning',
      message: 'The account does not know its partner yet: save the API key again.',
      ...found,
    };
  }
  const says = `The key belongs to ${ownerOf(asked.answer)}`;
  if (isKeyOf(settings, asked.answer)) return { verdict: 'ok', message: `${says}.`, ...found };
  return { verdict: 'failed', message: `${says}, the account to ${nameOf(settings)}.`, ...found };
}

function exportTypeCheck(settings: Settings, asked: Asked<ExportTypeFit> | undefined): HealthChecks['exportType'] {
  const { exportTypeReference: reference } = settings;
  const nothing = { reference, missingRequiredFields: [], missingImportantFields: [] };
  if (!asked) {
    const verdict = settings.syncEnabled ? 'failed' : 'warning';
    return { verdict, message: 'No export type is chosen: billing cannot run.', ...nothing };
  }
  if ('error' in asked) {
    const verdict = asked.error instanceof ArrowNotFoundError ? 'failed' : 'unknown';
    return { verdict, message: asked.error.message, ...nothing };
  }
  const { name, required, important, compatible, recommended } = asked.answer;
  const missing = { missingRequiredFields: required.missing, missingImportantFields: important.missing };
  const found = { reference, name, ...missing };
  if (!compatible) {
    const message = `"${name}" cannot be billed by: it has no ${required.missing.join(', no ')}.`;
    return { verdict: 'failed', message, ...found };
  }
  if (!recommended) {
    return { verdict: 'warning', message: `"${name}" has fewer than half of the important columns.`, ...found };
  }
  return { verdict: 'ok', message: `"${name}" has all that billing needs.`, ...found };
}

function lastCallCheck(at: Date | undefined, partner: Asked<ArrowPartner>): HealthChecks['lastSuccessfulCall'] {
  if (!at) return { verdict: 'unknown', message: 'ArrowSphere has not answered since the service started.', at: null };
  if ('answer' in partner) return { verdict: 'ok', message: 'ArrowSphere answers.', at };
  return { verdict: 'warning', message: `ArrowSphere has not answered since ${renderDateTime(at)}.`, at };
}

function directoryCheck({ readAt, isLate, lastError }: MirrorState): NonNullable<HealthChecks['directory']> {
  const found = { readAt, lastError };
  if (!readAt) return { verdict: 'unknown', message: lastError || 'Waldur has not been read yet.', ...found };
  if (lastError) return { verdict: 'warning', message: lastError, ...found };
  const since = renderDateTime(readAt);
  if (isLate) return { verdict: 'warning', message: `Waldur has not been read since ${since}.`, ...found };
  return { verdict: 'ok', message: `Waldur was read at ${since}.`, ...found };
}

type CustomerChecks = Pick<HealthChecks, 'unmappedCustomers' | 'unknownReferences' | 'renamedCustomers'>;

function customerChecks(asked: Asked<ArrowCustomer[]>, mappings: readonly CustomerMapping[]): CustomerChecks {
  if ('error' in asked) {
    const none = { verdict: 'unknown' as const, message: asked.error.message, count: null };
    return {
      unmappedCustomers: { ...none, customers: [] },
      unknownReferences: { ...none, mappings: [] },
      renamedCustomers: { ...none, mappings: [] },
    };
  }
  const names = new Map(asked.answer.map(({ reference, companyName }) => [reference, companyName]));
  const mappingOf = mappingsByCustomer(mappings, asked.answer);
  const active = [...mappingOf].filter(([, { isActive }]) => isActive);
  const unmapped = asked.answer
    .filter(({ reference }) => !mappingOf.has(reference))
    .map(({ reference, companyName }) => ({ arrowReference: reference, name: companyName }));
  const unknown = active
    .filter(([reference]) => !names.has(reference))
    .map(([arrowReference, { uuid, arrowCompanyName: name }]) => ({ mappingUuid: uuid, arrowReference, name }));
  const renamed = active.flatMap(([arrowReference, { uuid, arrowCompanyName: from }]) => {
    const to = names.get(arrowReference);
    return to && to !== from ? [{ mappingUuid: uuid, arrowReference, from, to }] : [];
  });
  return {
    unmappedCustomers: {
      ...counted(unmapped.length, 'Every ArrowSphere customer is mapped.', [
        'customer has no mapping.',
        'customers have no mapping.',
      ]),
      customers: unmapped.slice(0, MAX_SHOWN),
    },
    unknownReferences: {
      ...counted(unknown.length, 'ArrowSphere knows every mapped customer.', [
        'mapped customer is not in ArrowSphere.',
        'mapped customers are not in ArrowSphere.',
      ]),
      mappings: unknown.slice(0, MAX_SHOWN),
    },
    renamedCustomers: {
      ...counted(renamed.length, 'All names agree.', [
        'mapped customer has another name in ArrowSphere.',
        'mapped customers have another name in ArrowSphere.',
      ]),
      mappings: renamed.slice(0, MAX_SHOWN),
    },
  };
}

function counted(count: number, fine: string, [one, many]: readonly [string, string]): CountCheck {
  if (count === 0) return { verdict: 'ok', message: fine, count };
  return { verdict: 'warning', message: `${count} ${count === 1 ? one : many}`, count };
}
