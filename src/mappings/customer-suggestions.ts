import { setImmediate } from 'node:timers/promises';
import type { ArrowCustomer } from '../arrow-gateway/arrow-gateway.js';
import type { Customer } from '../directory/customer.entity.js';
import { suggestMatchesInBackground } from './matching/match-organisations.js';
import type { Evidence } from './matching/match-types.js';

/** Which organisation an ArrowSphere customer might be, and why. A suggestion only: names decide nothing. */
export interface CustomerSuggestion {
  readonly organisation: Customer;
  /** 0.5 to 1: 1 by an equal identifier, 0.9 and more nearly always right, 0.5 worth a look. */
  readonly confidence: number;
  /** Another choice is as good or nearly: a person has to decide. */
  readonly ambiguous: boolean;
  /** The next best organisation, where one comes near. */
  readonly runnerUp?: { readonly organisation: Customer; readonly confidence: number };
  readonly evidence: readonly Evidence[];
  /** A sentence for the person who decides. */
  readonly note?: string;
}

export interface SuggestionOptions {
  /** Organisations mapped under the same account already: suggested with lower confidence, and a note. */
  readonly mapped?: ReadonlySet<string>;
  /** Stops the work; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Suggests organisations for ArrowSphere customers: each organisation for one customer at most, by names and by all that
 * outranks a name (identifiers, registration and tax numbers, e-mail domains, countries). Works in slices of some
 * milliseconds, so other requests are served meanwhile.
 *
 * @returns by the customer's reference; customers without a suggestion are left out.
 */
export async function suggestOrganisations(
  customers: readonly ArrowCustomer[],
  organisations: readonly Customer[],
  { mapped, signal }: SuggestionOptions = {},
): Promise<Map<string, CustomerSuggestion>> {
  const byUuid = new Map(organisations.map((organisation) => [organisation.uuid, organisation]));
  const byReference = new Map(customers.map((customer) => [customer.reference, customer]));
  const suggestions = await suggestMatchesInBackground(
    [...byReference.values()].map(({ companyName, domainName, websiteUrl, ...customer }) => ({
      ...customer,
      key: customer.reference,
      name: companyName,
      domains: [domainName, websiteUrl],
    })),
    organisations.map((organisation) => ({
      ...organisation,
      key: organisation.uuid,
      countryCode: organisation.country,
      alreadyMapped: mapped?.has(organisation.uuid),
    })),
    { signal },
  );
  await setImmediate();
  return new Map(
    suggestions.map(({ arrowKey, waldurKey, runnerUp, ...suggestion }) => [
      arrowKey,
      {
        ...suggestion,
        organisation: byUuid.get(waldurKey)!,
        runnerUp: runnerUp && { organisation: byUuid.get(runnerUp.waldurKey)!, confidence: runnerUp.confidence },
      },
    ]),
  );
}
