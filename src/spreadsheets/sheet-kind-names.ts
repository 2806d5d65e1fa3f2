export const SHEET_KINDS = [
  'organisations',
  'projects',
  'offerings',
  'resources',
  'customer-mappings',
  'vendor-offering-mappings',
] as const;
export type SheetKindName = (typeof SHEET_KINDS)[number];
