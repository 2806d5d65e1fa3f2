import { Check, Column, Entity, ForeignKey, Unique } from 'typeorm';
import type { NumberLocale } from '../../arrow-export/amounts.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import { ACTOR_LENGTH } from '../../auth/caller.js';
import { BaseEntity } from '../../database/base.entity.js';
import { BillingAccount } from './billing-account.entity.js';

/**
 * `provisional_then_final`: consumption is charged as it comes, and replaced when its statement is closed.
 * `final_only`: nothing but export lines is ever charged; consumption is for information.
 */
export const CHARGE_MODES = ['provisional_then_final', 'final_only'] as const;
export type ChargeMode = (typeof CHARGE_MODES)[number];

/** What an account is billed by from a month on, until a later rule. Each posting names the rule it was made by. */
@Entity()
@Unique('uq_billing_rule_account_valid_from', ['accountUuid', 'validFrom'])
@Check('ck_billing_rule_valid_from_is_first_day', `extract(day from valid_from) = 1`)
@Check('ck_billing_rule_charge_mode', `charge_mode IN ('provisional_then_final', 'final_only')`)
@Check('ck_billing_rule_price_source', `price_source IN ('sell', 'buy')`)
@Check('ck_billing_rule_number_locale', `number_locale IN ('point', 'comma')`)
@Check('ck_billing_rule_tax_percent', `tax_percent BETWEEN 0 AND 100`)
export class BillingRule extends BaseEntity {
  @Column('uuid')
  @ForeignKey(() => BillingAccount, { onDelete: 'CASCADE' })
  accountUuid: string;

  /** First day of the first month it holds for. */
  @Column('date')
  validFrom: string;

  @Column({ type: 'varchar', length: 32, default: 'provisional_then_final' })
  chargeMode: ChargeMode = 'provisional_then_final';

  @Column({ type: 'varchar', length: 4, default: 'sell' })
  priceSource: PriceSource;

  /** `""`: every classification is billed. */
  @Column({ length: 50, default: '' })
  classificationFilter: string;

  /** How its exports write decimals. */
  @Column({ type: 'varchar', length: 8, default: 'point' })
  numberLocale: NumberLocale = 'point';

  /** ISO 4217, for cells that name none. */
  @Column({ length: 3, default: 'EUR' })
  defaultCurrency: string = 'EUR';

  @Column({ type: 'numeric', precision: 5, scale: 2, default: 0 })
  taxPercent: string = '0.00';

  /** User name, or `settings` where the price source or the classification was changed there. */
  @Column({ length: ACTOR_LENGTH, default: '' })
  changedBy: string;
}
