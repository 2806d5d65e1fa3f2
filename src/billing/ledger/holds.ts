import type { Reason } from '../core/reasons.js';
import type { StoredCharge } from './ledger.repository.js';

/** Which charges stand at what was posted, and why: those of whole Arrow customers, and those of single licences. */
export class Holds {
  private readonly customers = new Map<string, Reason>();
  private readonly licenses = new Map<string, Reason>();

  holdCustomer(arrowCustomer: string, reason: Reason): void {
    if (!this.customers.has(arrowCustomer)) this.customers.set(arrowCustomer, reason);
  }

  holdLicense(licenseReference: string, reason: Reason): void {
    if (!this.licenses.has(licenseReference)) this.licenses.set(licenseReference, reason);
  }

  readonly reasonFor = ({ arrowCustomer, licenseReference }: StoredCharge): Reason | null =>
    this.customers.get(arrowCustomer) ?? this.licenses.get(licenseReference) ?? null;
}
