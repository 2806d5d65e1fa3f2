import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { TextField } from '../../common/validation/body-fields.js';
import { MonthField } from '../../common/validation/month-fields.js';
import type { YearMonth } from '../../common/year-month.js';

const ROWS = { type: 'array', items: { type: 'object', additionalProperties: true } } as const;

@ApiSchema({ name: 'FetchConsumptionRequest' })
export class FetchConsumptionDto {
  @TextField({ required: true, max: 255, example: 'XSP661245' }) license_reference: string;
  @MonthField({ required: true }) period: YearMonth;
}

@ApiSchema({ name: 'FetchConsumptionResponse' })
export class FetchConsumptionResponse {
  @ApiProperty() license_reference: string;
  @ApiProperty({ example: '2026-01' }) period: string;
  @ApiProperty({ type: 'integer' }) row_count: number;
  @ApiProperty({ ...ROWS, description: 'The first 100 rows as ArrowSphere sent them' }) data: Record<
    string,
    string | null
  >[];
}

@ApiSchema({ name: 'FetchBillingExportRequest' })
export class FetchBillingExportDto {
  @MonthField({ required: true }) period_from: YearMonth;
  @MonthField({ required: true }) period_to: YearMonth;
  @TextField({ max: 50, description: 'Only lines of this classification', example: 'IAAS' }) classification?: string;
}

@ApiSchema({ name: 'FetchBillingExportResponse' })
export class FetchBillingExportResponse {
  @ApiProperty({ example: '2026-01' }) period_from: string;
  @ApiProperty({ example: '2026-01' }) period_to: string;
  @ApiProperty() classification: string;
  @ApiProperty({ type: 'integer', description: 'All lines, not only those shown' }) row_count: number;
  @ApiProperty({ ...ROWS, description: 'The first 100 lines as ArrowSphere sent them' }) data: Record<
    string,
    string | null
  >[];
}

@ApiSchema({ name: 'FetchLicenseInfoRequest' })
export class FetchLicenseInfoDto {
  @TextField({ required: true, max: 255, example: 'XSP661245' }) license_reference: string;
}

@ApiSchema({ name: 'FetchLicenseInfoResponse' })
export class FetchLicenseInfoResponse {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The licence as ArrowSphere sent it' })
  data: Record<string, unknown>;
}
