import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { DecimalString } from '../../common/money.js';
import type { MonthRange } from '../../common/year-month.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';

export interface BilledLicense {
  readonly licenseReference: string;
  readonly name: string;
}

/** Money of one licence in one month that was charged to nobody, or to an organisation without a resource. */
export interface LooseSpend {
  /** `""`: the lines name none. */
  readonly licenseReference: string;
  readonly endCustomerName: string;
  readonly vendorName: string;
  readonly currency: string;
  readonly amount: DecimalString;
  readonly lines: number;
  readonly status: 'billable' | 'unmatched';
  readonly reason: string;
  readonly customerUuid: string | null;
}

/** Licences as the exports know them. */
@Injectable()
export class BilledLicensesService {
  constructor(@InjectRepository(BillingSyncItem) private readonly items: Repository<BillingSyncItem>) {}

  /** Those with a line in these months, each once, with a name for people. */
  between(accountUuid: string, { from, to }: MonthRange): Promise<BilledLicense[]> {
    return this.items.query<BilledLicense[]>(
      `SELECT license_reference AS "licenseReference", max(description) AS name FROM billing_sync_item
       WHERE account_uuid = $1 AND month BETWEEN $2 AND $3 AND presence = 'present' AND license_reference <> '' GROUP BY 1 ORDER BY 1`,
      [accountUuid, from.firstDay, to.firstDay],
    );
  }

  /** What was not charged to a resource in a month, largest amount first. */
  loose(accountUuid: string, month: string, price: PriceSource, limit: number, offset: number): Promise<LooseSpend[]> {
    return this.items.query<LooseSpend[]>(
      `SELECT license_reference AS "licenseReference", max(end_customer_name) AS "endCustomerName", max(vendor_name) AS "vendorName", currency,
              coalesce(sum(${price}), 0)::text AS amount, count(*)::int AS lines, status, reason, customer_uuid AS "customerUuid"
       FROM billing_sync_item
       WHERE account_uuid = $1 AND month = $2 AND presence = 'present' AND (status = 'unmatched' OR status = 'billable' AND resource_uuid IS NULL)
       GROUP BY license_reference, currency, status, reason, customer_uuid
       ORDER BY abs(coalesce(sum(${price}), 0)) DESC, license_reference, currency, status, reason, customer_uuid LIMIT $3 OFFSET $4`,
      [accountUuid, month, limit, offset],
    );
  }
}
