/** The columns that an export type may have: label as ArrowSphere ships it. The reference is made from it. */
const LABELS = [
  ...['Order Id', 'Order Creation Date', 'Purchase Date', 'Bill From', 'Bill To', 'End User Company Name'],
  ...['End User Company ID', 'End User Company Reference ID', 'Arrow Reference ID', 'End User Account Creation Date'],
  ...['End User First Name', 'End User Last Name', 'End User E-mail', 'End User Phone', 'End User Address Line1'],
  ...['End User Address Line2', 'End User City', 'End User State', 'End User Post Code', 'End User Country Code'],
  ...['Service Name', 'Offer Name', 'Sales Reference Code', 'Qty', 'Pro-rate Scale', 'Country Marketplace Currency'],
  ...['Service Provider Currency', 'Exchange Rate', 'Vendor Name', 'Arrow SKU'],
  ...['Pro-Rated Wholesale Unit Discounted Price (Amount)', 'Total Wholesale Price', 'Tax on Total Wholesale Price'],
  ...['Grand Total - Wholesale Price', 'Initial Purchase Order', 'Agreement ID Reseller', 'Vendor SKU'],
  ...['Enduser VAT number', 'Enduser PO number', 'Min Qty', 'Max Qty', 'Description', 'Billing ID', 'Original Qty'],
  ...['Customer Billing ID', 'Friendly Name', 'Retail Unit Price', 'Retail Total Price', 'Rate', 'Customer Unit Price'],
  ...['Customer Total Price', 'ERP Invoice ID', 'ERP Invoice Date', 'Subscription Start Date', 'Subscription End Date'],
  ...['Reseller Name', 'Billing Cycle', 'Billing Term', 'Vendor Subscription ID', 'Order Comment 1', 'Order Comment 2'],
  ...['Sequence', 'Validation Date', 'Classification', 'Report Period', 'ARS Subscription ID', 'Segment'],
  ...['Organization Unit', 'Rate Rule Percentage', 'Rate Percentage'],
  // Not in the one recorded export, but read by integrations that run on other export types.
  ...['Sell Total Price', 'Buy Total Price', 'Statement Reference', 'Line Reference', 'Product Name', 'Quantity'],
];

export function columnReference(label: string): string {
  return label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** Column reference → label, all of them. */
export const EXPORT_COLUMNS: Readonly<Record<string, string>> = Object.fromEntries(
  LABELS.map((label) => [columnReference(label), label]),
);

/** The columns of one recorded export, without those that only other export types have. */
export const RECORDED_COLUMNS: Readonly<Record<string, string>> = Object.fromEntries(
  LABELS.slice(0, 70).map((label) => [columnReference(label), label]),
);

/** Columns whose values are dates, written in the format that the export asks for. */
export const DATE_COLUMNS: ReadonlySet<string> = new Set(
  [
    ...['Order Creation Date', 'Purchase Date', 'Bill From', 'Bill To', 'End User Account Creation Date'],
    ...['ERP Invoice Date', 'Subscription Start Date', 'Subscription End Date', 'Validation Date'],
  ].map(columnReference),
);

/** An export type's columns from labels, e.g. `columnsOf('Sequence', 'Classification')`. */
export function columnsOf(...labels: string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label) => [columnReference(label), label]));
}
