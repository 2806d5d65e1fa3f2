import { ApiSchema } from '@nestjs/swagger';
import { currencyOf } from '../../arrow-export/currency.js';
import { answerOf, Shown, ShownOrNull } from '../../common/answer.js';
import { ChoiceField, IntegerField, NumberField, TextField } from '../../common/validation/body-fields.js';
import { MonthField } from '../../common/validation/month-fields.js';
import { isTimeZone, YearMonth } from '../../common/year-month.js';
import type { AccountWithRule, ChangeAccount } from './billing-accounts.service.js';
import { CHARGE_MODES, type ChargeMode } from './billing-rule.entity.js';

@ApiSchema({ name: 'PatchedBillingAccountRequest' })
export class PatchBillingAccountDto {
  @ChoiceField(CHARGE_MODES, { description: 'Charge consumption at once and correct it later, or final lines only' })
  charge_mode?: ChargeMode;

  @TextField({
    max: 64,
    description: 'On whose calendar months begin and end',
    example: 'Europe/Tallinn',
    check: (name) => (isTimeZone(name) ? undefined : 'Not a known time zone.'),
  })
  time_zone?: string;

  @IntegerField({
    min: 0,
    max: 60,
    description: 'Days after the end of a month before a statement closes by the calendar alone',
  })
  grace_days?: number;

  @NumberField({
    min: 0,
    max: 1,
    decimals: 3,
    description: 'Share by which an export may shrink without being refused',
  })
  shrinkage_share?: number;

  @ChoiceField(['point', 'comma'], { description: 'How the export writes decimals: 1,234.56 or 1.234,56' })
  number_locale?: 'point' | 'comma';

  @TextField({
    max: 3,
    description: 'ISO 4217, for cells that name none',
    example: 'EUR',
    check: (code) => (currencyOf(code).known ? undefined : 'Not a currency of ISO 4217, such as EUR.'),
  })
  default_currency?: string;

  @NumberField({ min: 0, max: 100, decimals: 2, description: 'Tax on what is charged', example: 24 })
  tax_percent?: number;

  @IntegerField({
    min: 1,
    max: 12,
    description: 'Months up to the running one that schedules read until they are reconciled',
  })
  open_months?: number;

  @MonthField({
    description:
      'First month that charge mode, locale, currency and tax hold for; by default the oldest one after all that have a closed statement or an issued invoice',
  })
  valid_from?: YearMonth;

  toCommand(): ChangeAccount {
    return {
      account: {
        timeZone: this.time_zone,
        graceDays: this.grace_days,
        shrinkageShare: this.shrinkage_share?.toString(),
        openMonths: this.open_months,
      },
      rule: {
        chargeMode: this.charge_mode,
        numberLocale: this.number_locale,
        defaultCurrency: this.default_currency?.toUpperCase(),
        taxPercent: this.tax_percent?.toString(),
      },
      validFrom: this.valid_from ?? null,
    };
  }
}

@ApiSchema({ name: 'BillingAccount' })
export class BillingAccountResponse {
  @Shown('uuid') settings_uuid: string;
  @ShownOrNull() partner_reference: string | null;
  @Shown({ enum: CHARGE_MODES }) charge_mode: ChargeMode;
  @Shown({ example: 'Europe/Tallinn' }) time_zone: string;
  @Shown() grace_days: number;
  @Shown({ example: '0.200' }) shrinkage_share: string;
  @Shown({ enum: ['point', 'comma'] }) number_locale: string;
  @Shown({ example: 'EUR' }) default_currency: string;
  @Shown({ example: '24.00' }) tax_percent: string;
  @Shown() open_months: number;
  @Shown() billing_paused: boolean;
  @Shown() consumption_paused: boolean;
  @Shown() paused_by: string;
  @Shown() pause_reason: string;
  @ShownOrNull('date-time') paused_at: string | null;

  @Shown({ example: '2026-01', description: 'First month that the rule shown here holds for' })
  valid_from: string;

  static from(this: void, { settingsUuid, account, rule }: AccountWithRule): BillingAccountResponse {
    return answerOf(
      BillingAccountResponse,
      { ...rule, ...account, settingsUuid },
      { valid_from: rule.validFrom.slice(0, 7) },
    );
  }
}
