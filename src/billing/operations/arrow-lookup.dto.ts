import { ApiSchema } from '@nestjs/swagger';
import { Shown } from '../../common/answer.js';
import { TextField } from '../../common/validation/body-fields.js';
import { MonthField } from '../../common/validation/month-fields.js';
import type { YearMonth } from '../../common/year-month.js';

const OPEN_OBJECT = { type: 'object', additionalProperties: true } as const;
const ROWS = { type: 'array', items: OPEN_OBJECT, description: 'The first 100 as ArrowSphere sent them' } as const;

/** Cells by label. */
export type Row = Record<string, string | null>;

@ApiSchema({ name: 'FetchLicenseInfoRequest' })
export class FetchLicenseInfoDto {
  @TextField({ required: true, max: 255, example: 'XSP661245' }) license_reference: string;
}

export class FetchLicenseInfoResponse {
  @Shown({ ...OPEN_OBJECT, description: 'The licence as ArrowSphere sent it' }) data: Record<string, unknown>;
}

@ApiSchema({ name: 'FetchConsumptionRequest' })
export class FetchConsumptionDto extends FetchLicenseInfoDto {
  @MonthField({ required: true }) period: YearMonth;
}

export class FetchConsumptionResponse {
  @Shown() license_reference: string;
  @Shown({ example: '2026-01' }) period: string;
  @Shown('integer') row_count: number;
  @Shown(ROWS) data: Row[];
}

@ApiSchema({ name: 'FetchBillingExportRequest' })
export class FetchBillingExportDto {
  @MonthField({ required: true }) period_from: YearMonth;
  @MonthField({ required: true }) period_to: YearMonth;
  @TextField({ max: 50, description: 'Only lines of this classification', example: 'IAAS' }) classification?: string;
}

export class FetchBillingExportResponse {
  @Shown({ example: '2026-01' }) period_from: string;
  @Shown({ example: '2026-01' }) period_to: string;
  @Shown() classification: string;
  @Shown('integer', { description: 'All lines, not only those shown' }) row_count: number;
  @Shown(ROWS) data: Row[];
}
