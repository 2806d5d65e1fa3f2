/** Name, city, country, and what is odd about the entry. Names come in look-alike pairs on purpose. */
export interface SampleCompany {
  name: string;
  city: string;
  country: string;
  /** `azure`, `aws`, `gcp`: pay-as-you-go; a letter and a number of seats for the rest, e.g. `m365:12`. */
  licenses: string[];
  /** Other customer fields, to show how uneven ArrowSphere's answers are. */
  fields?: Record<string, unknown>;
}

export const SAMPLE_COMPANIES: readonly SampleCompany[] = [
  {
    name: 'Põhjatäht Logistika OÜ',
    city: 'Tallinn',
    country: 'EE',
    licenses: ['azure', 'azure', 'm365:24', 'backup:3'],
  },
  { name: 'Tallinna Andmekeskus AS', city: 'Tallinn', country: 'EE', licenses: ['azure', 'aws', 'defender:40'] },
  { name: 'Tartu Mõõteriistad OÜ', city: 'Tartu', country: 'EE', licenses: ['azure', 'm365:8'] },
  {
    name: 'Läänemere Kalatööstus AS',
    city: 'Pärnu',
    country: 'EE',
    licenses: ['aws', 'm365:31', 'exchange:5'],
    fields: { Details: { Migration: false, DomainName: 'laanemere.example', TenantId: 'tenant-0004' } },
  },
  { name: 'Öökull Disain OÜ', city: 'Tallinn', country: 'EE', licenses: ['m365:3'], fields: { EmailContact: '' } },
  { name: 'Saaremaa Õlletehas OÜ', city: 'Kuressaare', country: 'EE', licenses: ['azure', 'm365:11'] },
  { name: 'Virumaa Metall OÜ', city: 'Rakvere', country: 'EE', licenses: ['azure', 'azure'] },
  { name: 'Virumaa Metall AS', city: 'Jõhvi', country: 'EE', licenses: ['aws', 'm365:6'] },
  { name: 'Nordic Solutions OÜ', city: 'Tallinn', country: 'EE', licenses: ['azure', 'm365:6', 'defender:14'] },
  { name: 'Nordic Solutions Oy', city: 'Helsinki', country: 'FI', licenses: ['azure', 'm365:52', 'backup:10'] },
  { name: 'Järvinen Rakennus Oy', city: 'Tampere', country: 'FI', licenses: ['azure', 'm365:17'] },
  {
    name: 'Hämeen Sähkö Oyj',
    city: 'Hämeenlinna',
    country: 'FI',
    licenses: ['aws', 'aws', 'azure'],
    fields: { Ref: 200012, InternalReference: 'CRM-0012', Headcount: 410 },
  },
  {
    name: 'Mäkelä & Pojat Ky',
    city: 'Turku',
    country: 'FI',
    licenses: ['m365:4', 'azure'],
    fields: { EmailContact: null },
  },
  { name: 'Åbo Marin Ab', city: 'Turku', country: 'FI', licenses: ['azure', 'exchange:9'] },
  { name: 'Müller Maschinenbau GmbH', city: 'Stuttgart', country: 'DE', licenses: ['azure', 'm365:65', 'defender:65'] },
  { name: 'Müller Maschinenbau GmbH & Co. KG', city: 'Ulm', country: 'DE', licenses: ['azure', 'aws'] },
  {
    name: 'Größe und Söhne AG',
    city: 'München',
    country: 'DE',
    licenses: ['gcp', 'm365:22'],
    fields: { Details: { Migration: true, DomainName: null, TenantID: 'tenant-0017' }, TaxNumber: 'DE000000017' },
  },
  { name: 'Bäckerei Weiß e.K.', city: 'Köln', country: 'DE', licenses: ['m365:2', 'backup:2'] },
  { name: 'Süddeutsche Präzisionstechnik GmbH', city: 'Augsburg', country: 'DE', licenses: ['azure', 'azure', 'aws'] },
  { name: 'Van der Berg Bouw B.V.', city: 'Rotterdam', country: 'NL', licenses: ['azure', 'm365:19'] },
  { name: 'Van den Berg Bouw BV', city: 'Utrecht', country: 'NL', licenses: ['azure', 'm365:7'] },
  { name: 'De Wereldbol Logistiek N.V.', city: 'Amsterdam', country: 'NL', licenses: ['aws', 'gcp', 'm365:88'] },
  { name: 'Koffie & Meer B.V.', city: 'Haarlem', country: 'NL', licenses: ['m365:5', 'backup:1', 'azure'] },
  { name: 'Zuiderzee Visserij Coöperatie U.A.', city: 'Enkhuizen', country: 'NL', licenses: ['azure'] },
  {
    name: 'Harju Hooldus OÜ',
    city: 'Keila',
    country: 'EE',
    licenses: ['azure', 'm365:13'],
    fields: { InternalReference: null },
  },
  { name: 'Fjord Data AS', city: 'Bergen', country: 'NO', licenses: [] },
  {
    name: 'Baltic Freight SIA',
    city: 'Rīga',
    country: 'LV',
    licenses: ['azure'],
    fields: { DeletedAt: '2026-02-11T10:20:30.000Z' },
  },
];
