import { Injectable } from '@nestjs/common';
import { ArrowGateway, type ArrowTable } from '../../arrow-gateway/arrow-gateway.js';
import type { Settings } from '../../settings/settings.entity.js';
import { NoActiveSettingsError } from '../../settings/settings.errors.js';
import { SettingsService } from '../../settings/settings.service.js';
import { ExportTypeMissingError, NoSettingsForActionError } from '../core/billing.errors.js';
import { checkedRange } from '../core/month-range.js';
import { resolveColumns } from '../../arrow-export/columns.js';
import type {
  FetchBillingExportDto,
  FetchBillingExportResponse,
  FetchConsumptionDto,
  FetchConsumptionResponse,
  FetchLicenseInfoDto,
  FetchLicenseInfoResponse,
} from './arrow-lookup.dto.js';

const SHOWN = 100;

/** What ArrowSphere says, shown to a person as it is; nothing is kept. All methods throw `NoSettingsForActionError` and the gateway's errors. */
@Injectable()
export class ArrowLookupsService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly settings: SettingsService,
  ) {}

  async consumption({ license_reference, period }: FetchConsumptionDto): Promise<FetchConsumptionResponse> {
    const arrow = this.settings.accountOf(await this.active());
    const { table } = await this.gateway.getMonthlyConsumption(
      arrow,
      license_reference,
      period.toString(),
      period.toString(),
    );
    return { license_reference, period: period.toString(), row_count: table.rows.length, data: firstRows(table) };
  }

  /** Also throws `ExportTypeMissingError`, `InvalidFieldsError`. */
  async billingExport({
    period_from,
    period_to,
    classification = '',
  }: FetchBillingExportDto): Promise<FetchBillingExportResponse> {
    checkedRange(period_from, period_to);
    const settings = await this.active();
    const { exportTypeReference } = settings;
    if (!exportTypeReference) throw new ExportTypeMissingError();
    const query = { exportTypeReference, periodFrom: period_from.toString(), periodTo: period_to.toString() };
    const data: Record<string, string | null>[] = [];
    let count = 0;
    for await (const { headers, rows } of this.gateway.exportPages(this.settings.accountOf(settings), query)) {
      const [column] = resolveColumns(headers).columns.classification;
      const wanted =
        classification && column !== undefined
          ? rows.filter((row) => row[column]?.toLowerCase() === classification.toLowerCase())
          : rows;
      count += wanted.length;
      for (const row of wanted.slice(0, SHOWN - data.length))
        data.push(Object.fromEntries(headers.map((header, i) => [header, row[i] ?? null])));
    }
    return {
      period_from: period_from.toString(),
      period_to: period_to.toString(),
      classification,
      row_count: count,
      data,
    };
  }

  async license({ license_reference }: FetchLicenseInfoDto): Promise<FetchLicenseInfoResponse> {
    const { raw } = await this.gateway.getLicense(this.settings.accountOf(await this.active()), license_reference);
    return { data: { ...raw } };
  }

  private async active(): Promise<Settings> {
    try {
      return await this.settings.getActive();
    } catch (error) {
      throw error instanceof NoActiveSettingsError ? new NoSettingsForActionError() : error;
    }
  }
}

function firstRows({ rows }: ArrowTable): Record<string, string | null>[] {
  return rows.slice(0, SHOWN).map((row) => Object.fromEntries(row));
}
