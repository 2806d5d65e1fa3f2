import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The invoice items of a charge, each known by its first posting. */
export interface ChargeItems {
  /** Null while nothing is posted. */
  readonly invoiceItemUuid: string | null;
  /** Its latest compensation; null where nothing was corrected. */
  readonly compensationItemUuid: string | null;
}

const NO_ITEMS: ChargeItems = { invoiceItemUuid: null, compensationItemUuid: null };

/** Compensations on one invoice are one item. `$1` charges. */
const ITEMS = `
  SELECT
    first.charge_uuid AS "chargeUuid",
    (array_agg(first.uuid ORDER BY first.revision) FILTER (WHERE NOT first.is_compensation))[1] AS "invoiceItemUuid",
    (array_agg(first.uuid ORDER BY first.revision DESC) FILTER (WHERE first.is_compensation))[1]
      AS "compensationItemUuid"
  FROM (
    SELECT DISTINCT ON (charge_uuid, invoice_uuid, kind = 'compensation')
      charge_uuid,
      uuid,
      revision,
      kind = 'compensation' AS is_compensation
    FROM invoice_posting
    WHERE charge_uuid = ANY($1::uuid[])
    ORDER BY charge_uuid, invoice_uuid, kind = 'compensation', revision
  ) first
  GROUP BY first.charge_uuid`;

/** As what charges stand on invoices. */
@Injectable()
export class ChargeItemsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The items of these charges; answers for any charge, posted or not. */
  async of(charges: readonly (string | null)[]): Promise<(charge: string | null) => ChargeItems> {
    const uuids = [...new Set(charges.filter((charge) => charge !== null))];
    const rows = await this.dataSource.query<(ChargeItems & { chargeUuid: string })[]>(ITEMS, [uuids]);
    const found = new Map(rows.map(({ chargeUuid, ...items }) => [chargeUuid, items]));
    return (charge) => found.get(charge ?? '') ?? NO_ITEMS;
  }
}
