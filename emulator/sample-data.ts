import { arrowCustomer, arrowLicense, consumptionLine, emptyData, exportLine, exportType } from './data.js';
import { EXPORT_COLUMNS, RECORDED_COLUMNS } from './export-columns.js';
import type { CatalogueProgram, ConsumptionLine, EmulatorCustomer, EmulatorData, EmulatorLicense } from './model.js';
import type { ExportLine } from './model.js';
import { SAMPLE_COMPANIES } from './sample-companies.js';
import { monthsBefore, Seeded, type Units, unitsToNumber, unitsToText } from './seeded.js';

/** Months with consumption, the running one included; all but the running one are also exported. */
const MONTHS = 6;
const DIFFERENCE: { sell: Units; buy: Units } = { sell: 123_000, buy: 105_780 };

/** What the sample world hides on purpose, by reference. */
export const SAMPLE_STORY = {
  /** Its last closed month is exported at this much more than its consumption says. */
  differingLicense: 'XSP710001',
  differenceSell: unitsToText(DIFFERENCE.sell),
  differenceBuy: unitsToText(DIFFERENCE.buy),
  /** The running month has a line whose totals are the text `"null"`. */
  textNullLicense: 'XSP710005',
  /** The running month has a line whose totals are null. */
  nullLicense: 'XSP710008',
  /** Pay-as-you-go without any use: no lines, no prediction. */
  unusedLicense: 'XSP710017',
  /** Ended three months ago: not enabled, no use since. */
  cancelledLicense: 'XSP710016',
  suspendedLicense: 'XSP710019',
  removedCustomer: 'XSP200027',
  /** A customer without licences. */
  emptyCustomer: 'XSP200026',
  /** The type to bill with, one that lacks money and keys, and one that has nothing of use. */
  exportTypes: { compatible: 'E1-2-0f3a9c51', partial: 'E1-2-4b7720de', unusable: 'E1-2-9d01e6aa' },
} as const;

type Kind = Partial<EmulatorLicense>;

const PAY_AS_YOU_GO: Record<string, Kind> = {
  azure: {},
  aws: {
    ...{ name: 'Amazon Web Services', sku: 'AWS-PAYG', serviceRef: 'aws', program: 'Amazon' },
    ...{ vendorName: 'Amazon Web Services', vendorCode: 'aws' },
  },
  gcp: {
    ...{ name: 'Google Cloud Platform', sku: 'GCP-PAYG', serviceRef: 'gcp', program: 'Google' },
    ...{ vendorName: 'Google Cloud', vendorCode: 'google' },
  },
};

const SEATS: Record<string, Kind> = {
  m365: { name: 'Microsoft 365 Business Premium', sku: 'CFQ7TTC0LCHC:0002', unitBuy: 17.51, unitSell: 20.6 },
  defender: { name: 'Microsoft Defender for Business', sku: 'CFQ7TTC0LDPB:0001', unitBuy: 2.38, unitSell: 2.8 },
  exchange: { name: 'Exchange Online (Plan 1)', sku: 'CFQ7TTC0LH16:0001', unitBuy: 3.15, unitSell: 3.7 },
  backup: {
    ...{ name: 'Acronis Cyber Protect Cloud', sku: 'ACR-CPC-WS', serviceRef: 'Acronis', program: 'Acronis' },
    ...{ vendorName: 'Acronis', vendorCode: 'acronis', unitBuy: 6.4, unitSell: 8 },
  },
};

const PRODUCTS: Record<string, ReadonlyArray<readonly [product: string, category: string]>> = {
  azure: [
    ['Virtual Machines Dv5 Series', 'Compute'],
    ['Premium SSD Managed Disks', 'Storage'],
    ['SQL Database General Purpose', 'Databases'],
  ],
  aws: [
    ['Amazon Elastic Compute Cloud', 'Compute'],
    ['Amazon Simple Storage Service', 'Storage'],
  ],
  gcp: [['Compute Engine N2', 'Compute']],
};

/** The demo's world: the same customers, licences and amounts on every run, in months that end with `now`'s. */
export function sampleData(now: Date = new Date()): EmulatorData {
  const seeded = new Seeded(20_261_123);
  const data = emptyData();
  for (const [index, company] of SAMPLE_COMPANIES.entries()) {
    const customer = arrowCustomer({
      Reference: `XSP2${String(index + 1).padStart(5, '0')}`,
      CompanyName: company.name,
      City: company.city,
      CountryCode: company.country,
      ...company.fields,
    });
    data.customers.push(customer);
    for (const kind of company.licenses) data.licenses.push(sampleLicense(kind, customer, data.licenses.length + 1));
  }
  const lines: ExportLine[] = [];
  for (const license of data.licenses) fillMonths(license, seeded, now, data, lines);
  addUnknownTotals(data, now);
  data.exportLines = lines.sort((a, b) => (a.period < b.period ? -1 : Number(a.period > b.period)));
  data.exportTypes = sampleExportTypes();
  data.programs = samplePrograms();
  data.health = [
    { marketplace: 'EE', vendor: 'Microsoft', classification: 'IAAS', color: 'green', message: '' },
    { marketplace: 'EE', vendor: 'Amazon', classification: 'IAAS', color: 'yellow', message: 'Vendor data is late' },
  ];
  data.subscriptions = [
    { reference: 'XSPS3001', name: 'MSCSP', status: 'Validated', dateDemand: '2024-01-10', dateEnd: null, details: [] },
  ];
  return data;
}

function sampleLicense(kind: string, customer: EmulatorCustomer, number: number): EmulatorLicense {
  const [name, seats] = kind.split(':') as [string, string | undefined];
  const common = { customer, id: 610_000 + number, licenseId: `XSP7${10_000 + number}` };
  if (seats === undefined) {
    const account = name === 'azure' ? undefined : `4000${String(number).padStart(8, '0')}`;
    const vendorId = account === undefined ? {} : { vendorLicenseId: account };
    // The text ArrowSphere makes when nobody named the licence.
    const friendlyName = number % 2 ? `${common.licenseId}|${customer.Reference}|${name}` : `${name} production`;
    return arrowLicense({
      ...common,
      ...PAY_AS_YOU_GO[name],
      ...vendorId,
      friendlyName,
      ...endedState(common.licenseId),
    });
  }
  return arrowLicense({
    ...common,
    ...endedState(common.licenseId),
    ...{ category: 'SaaS', termCode: 8640, consumption: 'error', seats: Number(seats) },
    ...{ expiresAt: '2027-03-31T23:59:59.000Z', friendlyName: null },
    ...SEATS[name],
  });
}

function endedState(licenseId: string): Kind {
  if (licenseId === SAMPLE_STORY.cancelledLicense) {
    return { state: 'cancelled', statusCode: 89, statusLabel: 'cancelled', isEnabled: false, autoRenew: false };
  }
  if (licenseId === SAMPLE_STORY.suspendedLicense) {
    return { state: 'suspended', statusCode: 87, statusLabel: 'suspended', isEnabled: false };
  }
  return {};
}

function fillMonths(
  license: EmulatorLicense,
  seeded: Seeded,
  now: Date,
  data: EmulatorData,
  lines: ExportLine[],
): void {
  const usage = license.consumption === 'usage';
  const consumption: ConsumptionLine[] = [];
  if (usage) data.consumption[license.licenseId] = consumption;
  if (license.licenseId === SAMPLE_STORY.unusedLicense) return;
  const until = license.licenseId === SAMPLE_STORY.cancelledLicense ? 3 : 0;
  for (let before = MONTHS - 1; before >= until; before -= 1) {
    const period = monthsBefore(now, before);
    const charges = usage ? usageOf(license, seeded, before === 0) : seatsOf(license);
    for (const [index, { sell, buy, product, category }] of charges.entries()) {
      if (usage) consumption.push(usageLine(license, period, { sell, buy, product, category }));
      if (before === 0) continue;
      const extra = index === 0 && before === 1 && license.licenseId === SAMPLE_STORY.differingLicense;
      lines.push(
        exportLine({
          license,
          period,
          sequence: `AB${period.slice(2, 4)}${period.slice(5)}-${license.id}-${index + 1}`,
          sell: unitsToText(sell + (extra ? DIFFERENCE.sell : 0)),
          buy: unitsToText(buy + (extra ? DIFFERENCE.buy : 0)),
          quantity: String(license.seats),
          values: {
            'Product Name': product,
            Description: product,
            'Customer Unit Price': unitsToText(usage ? sell : Math.round(sell / license.seats)),
            'Validation Date': `${monthsBefore(now, before - 1)}-05`,
          },
        }),
      );
    }
  }
  if (usage && until === 0) data.predictions[license.licenseId] = predictionOf(consumption, license, now);
}

interface Charge {
  sell: Units;
  buy: Units;
  product: string;
  category: string;
}

function usageOf({ serviceRef }: EmulatorLicense, seeded: Seeded, running: boolean): Charge[] {
  const products = PRODUCTS[serviceRef === 'MSCSP' ? 'azure' : serviceRef] ?? [];
  return products.map(([product, category]) => {
    const sell = seeded.between(running ? 400_000 : 900_000, running ? 9_000_000 : 32_000_000);
    return { sell, buy: Math.round(sell * 0.86), product, category };
  });
}

function seatsOf({ unitBuy, unitSell, seats, name }: EmulatorLicense): Charge[] {
  const units = (price: number) => Math.round(price * 100_000) * seats;
  return [{ sell: units(unitSell), buy: units(unitBuy), product: name, category: 'Licence' }];
}

function usageLine(license: EmulatorLicense, period: string, charge: Charge): ConsumptionLine {
  return consumptionLine({
    period,
    sell: unitsToNumber(charge.sell),
    buy: unitsToNumber(charge.buy),
    vendorName: license.vendorName,
    productName: charge.product,
    meterCategory: charge.category,
    currency: license.currency,
  });
}

function predictionOf(lines: ConsumptionLine[], { currency }: EmulatorLicense, now: Date) {
  const period = monthsBefore(now, 0);
  const running = lines.filter((line) => line.period === period);
  const sum = (read: (line: ConsumptionLine) => number | string | null) =>
    Math.round(running.reduce((total, line) => total + Number(read(line)) * 100_000, 0));
  const [sell, buy] = [sum((line) => line.sell), sum((line) => line.buy)];
  const consumed = { buy: unitsToNumber(buy), sell: unitsToNumber(sell), list: unitsToNumber(sell) };
  // The estimates come as text, as the one integration that reads them allows for.
  const estimates = { estimatedMin: unitsToText(sell), estimatedMax: unitsToText(sell * 2) };
  const values = [{ consumed, ...estimates }];
  return { currency, reportPeriod: period, billingStartDate: `${period}-01`, values };
}

function addUnknownTotals(data: EmulatorData, now: Date): void {
  const period = monthsBefore(now, 0);
  const unknown = { period, productName: 'Reserved Instance', meterCategory: 'Reservation' };
  data.consumption[SAMPLE_STORY.textNullLicense]?.push(consumptionLine({ ...unknown, sell: 'null', buy: 'null' }));
  data.consumption[SAMPLE_STORY.nullLicense]?.push(consumptionLine({ ...unknown, sell: null, buy: null }));
}

function sampleExportTypes() {
  const { compatible, partial, unusable } = SAMPLE_STORY.exportTypes;
  const statement = { 'statement-reference': EXPORT_COLUMNS['statement-reference'] as string };
  const noMoney = [
    'Classification',
    'Vendor Subscription ID',
    'End User Company Name',
    'Sequence',
    'Report Period',
    'Qty',
  ];
  return [
    exportType({
      reference: unusable,
      name: 'Order log',
      labels: ['Order Id', 'Order Creation Date', 'Purchase Date'],
    }),
    exportType({ reference: partial, name: 'Light', labels: [...noMoney, 'Customer Total Price'] }),
    exportType({ reference: compatible, name: 'MSP (Extended)', columns: { ...RECORDED_COLUMNS, ...statement } }),
  ];
}

function samplePrograms(): Record<string, CatalogueProgram[]> {
  const program = (reference: string, name: string, associated = reference): CatalogueProgram => ({
    reference,
    name,
    associatedSubscriptionProgram: associated,
  });
  const software = ['Acronis', 'Adobe', 'Bitdefender', 'Dropbox', 'IBM', 'Kaspersky', 'McAfee', 'Nakivo', 'Oracle'];
  const more = ['Quest', 'Red Hat', 'SentinelOne', 'Sophos', 'Symantec', 'Trend Micro', 'Veeam', 'VMware', 'Zscaler'];
  return {
    SAAS: [
      program('MSCSP', 'Microsoft'),
      ...[...software, ...more].map((name) => program(name.toLowerCase().replaceAll(' ', ''), name)),
    ],
    IAAS: [program('MSCSP', 'Microsoft'), program('aws', 'Amazon'), program('gcp', 'Google Cloud')],
    PSW: [program('msperpetual', 'Microsoft Perpetual Software')],
    FTSL: [],
  };
}
