import { arrowCustomer, arrowLicense, exportLine } from './data.js';
import type { EmulatorCustomer, EmulatorLicense, ExportFilters, ExportLine, ExportLineSource } from './model.js';
import { unitsToText } from './seeded.js';

/** That many customers, `XSP3000001` upwards. */
export function manyCustomers(count: number): EmulatorCustomer[] {
  return Array.from({ length: count }, (_, index) =>
    arrowCustomer({
      Reference: `XSP${3_000_001 + index}`,
      CompanyName: `Large Customer ${String(index + 1).padStart(6, '0')} GmbH`,
    }),
  );
}

/** That many licences dealt out to the customers in turn, `XSP8000001` upwards. */
export function manyLicenses(count: number, customers: readonly EmulatorCustomer[]): EmulatorLicense[] {
  if (customers.length === 0) throw new Error('Licences need at least one customer');
  return Array.from({ length: count }, (_, index) =>
    arrowLicense({
      customer: customers[index % customers.length],
      id: 1_000_001 + index,
      licenseId: `XSP${8_000_001 + index}`,
    }),
  );
}

/** The amount of line `index` in whole hundred-thousandths: to compute sums without reading the export. */
export const largeSell = (index: number): number => 100_000 + ((index * 7_919) % 9_000_000);
export const largeBuy = (index: number): number => Math.floor(largeSell(index) * 0.86);

/**
 * That many export lines of one month, dealt out to the licences in turn, each made when it is asked for. Filters by
 * month cost nothing; any other filter makes the emulator look at every line once.
 */
export function manyExportLines(
  total: number,
  licenses: readonly EmulatorLicense[],
  period = '2026-05',
): ExportLineSource {
  if (licenses.length === 0) throw new Error('Export lines need at least one licence');
  const templates = new Map<EmulatorLicense, ExportLine>();
  const templateOf = (license: EmulatorLicense) => {
    const known = templates.get(license) ?? exportLine({ license, period, sequence: '' });
    templates.set(license, known);
    return known;
  };
  const source: ExportLineSource = {
    total,
    lineAt(index) {
      const template = templateOf(licenses[index % licenses.length] as EmulatorLicense);
      const sell = unitsToText(largeSell(index));
      const buy = unitsToText(largeBuy(index));
      return {
        ...template,
        values: {
          ...template.values,
          sequence: `AB26-${index + 1}-1`,
          'customer-total-price': sell,
          'sell-total-price': sell,
          'total-wholesale-price': buy,
          'buy-total-price': buy,
        },
      };
    },
    select(filters: ExportFilters, partnerReference: string) {
      if (licenses.some((license) => license.partnerReference !== partnerReference)) return undefined;
      const names = Object.keys(filters);
      if (names.some((name) => name !== 'reportPeriod')) return undefined;
      const range = filters.reportPeriod as { from: string; to: string } | undefined;
      if (range && (range.from > period || range.to < period)) return { ...source, total: 0 };
      return source;
    },
  };
  return source;
}
