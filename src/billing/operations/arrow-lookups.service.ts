import { Injectable } from '@nestjs/common';
import { resolveColumns } from '../../arrow-export/columns.js';
import { ArrowGateway } from '../../arrow-gateway/arrow-gateway.js';
import { SettingsService } from '../../settings/settings.service.js';
import { ExportTypeMissingError } from '../core/billing.errors.js';
import { checkedRange } from '../core/month-range.js';
import type {
  FetchBillingExportDto,
  FetchBillingExportResponse,
  FetchConsumptionDto,
  FetchConsumptionResponse,
  FetchLicenseInfoDto,
  FetchLicenseInfoResponse,
  Row,
} from './arrow-lookup.dto.js';

const SHOWN = 100;

/** What ArrowSphere says, shown to a person as it is; nothing is kept. All methods throw `NoActiveSettingsError` and the gateway's errors. */
@Injectable()
export class ArrowLookupsService {
  constructor(
    private readonly gateway: ArrowGateway,
    private readonly settings: SettingsService,
  ) {}

  async consumption({ license_reference, period }: FetchConsumptionDto): Promise<FetchConsumptionResponse> {
    const arrow = this.settings.accountOf(await this.settings.getActive('found'));
    const month = period.toString();
    const { rows } = (await this.gateway.getMonthlyConsumption(arrow, license_reference, month, month)).table;
    const data = rows.slice(0, SHOWN).map((row) => Object.fromEntries(row));
    return { license_reference, period: month, row_count: rows.length, data };
  }

  /** Also throws `ExportTypeMissingError`, `InvalidFieldsError`. */
  async billingExport(dto: FetchBillingExportDto): Promise<FetchBillingExportResponse> {
    const { from, to } = checkedRange(dto.period_from, dto.period_to);
    const { classification = '' } = dto;
    const settings = await this.settings.getActive('found');
    const { exportTypeReference } = settings;
    if (!exportTypeReference) throw new ExportTypeMissingError();
    const query = { exportTypeReference, periodFrom: from.toString(), periodTo: to.toString() };
    const data: Row[] = [];
    let count = 0;
    for await (const { headers, rows } of this.gateway.exportPages(this.settings.accountOf(settings), query)) {
      const [column] = resolveColumns(headers).columns.classification;
      const isWanted = (row: (typeof rows)[number]) =>
        !classification || column === undefined || row[column]?.toLowerCase() === classification.toLowerCase();
      const wanted = rows.filter(isWanted);
      count += wanted.length;
      for (const row of wanted.slice(0, SHOWN - data.length))
        data.push(Object.fromEntries(headers.map((header, i) => [header, row[i] ?? null])));
    }
    return { period_from: query.periodFrom, period_to: query.periodTo, classification, row_count: count, data };
  }

  async license({ license_reference }: FetchLicenseInfoDto): Promise<FetchLicenseInfoResponse> {
    const arrow = this.settings.accountOf(await this.settings.getActive('found'));
    const { raw } = await this.gateway.getLicense(arrow, license_reference);
    return { data: { ...raw } };
  }
}
