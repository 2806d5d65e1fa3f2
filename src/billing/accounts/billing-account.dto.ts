import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { renderDateTime } from '../../common/date-time.js';
import { renderUuid } from '../../common/uuid.js';
import { ChoiceField, IntegerField, NumberField, TextField } from '../../common/validation/body-fields.js';
import { type BillingAccount, CHARGE_MODES, type ChargeMode } from './billing-account.entity.js';

@ApiSchema({ name: 'PatchedBillingAccountRequest' })
export class PatchBillingAccountDto {
  @ChoiceField(CHARGE_MODES, { description: 'Charge consumption at once and correct it later, or final lines only' })
  charge_mode?: ChargeMode;

  @TextField({ max: 64, description: 'On whose calendar months begin and end', example: 'Europe/Tallinn' })
  time_zone?: string;

  @IntegerField({ min: 0, max: 60, description: 'Days after the end of a month before it may be settled' })
  grace_days?: number;

  @NumberField({ min: 0, max: 1, description: 'Share by which an export may shrink without being refused' })
  shrinkage_share?: number;

  @ChoiceField(['point', 'comma'], { description: 'How the export writes decimals: 1,234.56 or 1.234,56' })
  number_locale?: 'point' | 'comma';

  @TextField({ max: 3, description: 'ISO 4217, for exports that name none', example: 'EUR' })
  default_currency?: string;

  @NumberField({ min: 0, max: 100, description: 'Tax on invoices made from now on', example: 24 })
  tax_percent?: number;

  @IntegerField({ min: 1, max: 12, description: 'Months that schedules look after until they are settled' })
  open_months?: number;
}

@ApiSchema({ name: 'BillingAccount' })
export class BillingAccountResponse {
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty({ type: String, nullable: true }) partner_reference: string | null;
  @ApiProperty({ enum: CHARGE_MODES }) charge_mode: ChargeMode;
  @ApiProperty({ example: 'Europe/Tallinn' }) time_zone: string;
  @ApiProperty() grace_days: number;
  @ApiProperty({ example: '0.200' }) shrinkage_share: string;
  @ApiProperty({ enum: ['point', 'comma'] }) number_locale: string;
  @ApiProperty({ example: 'EUR' }) default_currency: string;
  @ApiProperty({ example: '24.00' }) tax_percent: string;
  @ApiProperty() open_months: number;
  @ApiProperty() billing_paused: boolean;
  @ApiProperty() consumption_paused: boolean;
  @ApiProperty() paused_by: string;
  @ApiProperty() pause_reason: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) paused_at: string | null;

  static from(settingsUuid: string, account: BillingAccount): BillingAccountResponse {
    return {
      settings_uuid: renderUuid(settingsUuid),
      partner_reference: account.partnerReference,
      charge_mode: account.chargeMode,
      time_zone: account.timeZone,
      grace_days: account.graceDays,
      shrinkage_share: account.shrinkageShare,
      number_locale: account.numberLocale,
      default_currency: account.defaultCurrency,
      tax_percent: account.taxPercent,
      open_months: account.openMonths,
      billing_paused: account.billingPaused,
      consumption_paused: account.consumptionPaused,
      paused_by: account.pausedBy,
      pause_reason: account.pauseReason,
      paused_at: account.pausedAt && renderDateTime(account.pausedAt),
    };
  }
}

/** Wire → entity; what is not given stays. */
export function accountChanges(dto: PatchBillingAccountDto): Partial<BillingAccount> {
  const given: Partial<BillingAccount> = {
    chargeMode: dto.charge_mode,
    timeZone: dto.time_zone,
    graceDays: dto.grace_days,
    shrinkageShare: dto.shrinkage_share?.toString(),
    numberLocale: dto.number_locale,
    defaultCurrency: dto.default_currency?.toUpperCase(),
    taxPercent: dto.tax_percent?.toString(),
    openMonths: dto.open_months,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
