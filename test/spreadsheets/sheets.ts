import type { SheetKindName } from '../../src/spreadsheets/sheet-kind-names.js';
import type { Answer } from '../support/api-client.js';
import { STAFF_TOKEN, type TestApp } from '../support/app.js';

/** The list that has what a file of a kind brings. */
export const LISTS: Readonly<Record<SheetKindName, string>> = {
  organisations: '/api/customers/',
  projects: '/api/projects/',
  offerings: '/api/marketplace-provider-offerings/',
  resources: '/api/marketplace-resources/',
  'customer-mappings': '/api/admin/arrow/customer-mappings/',
  'vendor-offering-mappings': '/api/admin/arrow/vendor-offering-mappings/',
};

export const IMPORTS = '/api/admin/arrow/directory/import/';

/** Uploads files and waits for what becomes of them. */
export class Sheets {
  constructor(private readonly app: Pick<TestApp, 'api' | 'url'>) {}

  async send(kind: string | undefined, file: string | Uint8Array<ArrayBuffer>, name = 'file.csv'): Promise<Answer> {
    const form = new FormData();
    if (kind !== undefined) form.set('kind', kind);
    form.set('file', new Blob([file]), name);
    const response = await fetch(`${this.app.url}${IMPORTS}`, {
      method: 'POST',
      headers: { Authorization: `Token ${STAFF_TOKEN}` },
      body: form,
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** What is exported of a kind, byte for byte. */
  async exported(kind: SheetKindName, query: string): Promise<Uint8Array<ArrayBuffer>> {
    const response = await fetch(`${this.app.url}${LISTS[kind]}?${query}`, {
      headers: { Authorization: `Token ${STAFF_TOKEN}` },
    });
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The preview of a file, ready or failed. */
  async preview(kind: string, file: string | Uint8Array<ArrayBuffer>, name?: string) {
    const { status, body } = await this.send(kind, file, name);
    if (status !== 202) throw new Error(`The upload answered ${status}: ${JSON.stringify(body)}`);
    return this.settled(body.uuid);
  }

  /** What became of a preview that was told to be applied. */
  async apply({ uuid }: { uuid: string }, skipBad = false) {
    const { status, body } = await this.app.api.post(`${IMPORTS}${uuid}/apply/`, { skip_bad: skipBad });
    if (status !== 202) throw new Error(`Applying answered ${status}: ${JSON.stringify(body)}`);
    return this.settled(uuid);
  }

  async import(kind: string, file: string, skipBad = false) {
    return this.apply(await this.preview(kind, file), skipBad);
  }

  /** Its rows, by how many they are. */
  async rows({ uuid }: { uuid: string }, outcome = '') {
    const query = outcome && `&outcome=${outcome}`;
    return (await this.app.api.get(`${IMPORTS}${uuid}/rows/?page_size=300${query}`)).body;
  }

  /** Row, column and sentence of all that is refused. */
  async faults(found: { uuid: string }): Promise<string[]> {
    const rows = (await this.rows(found, 'refused')) as {
      row: number;
      faults: { column: string; sentence: string }[];
    }[];
    return rows.flatMap(({ row, faults }) => faults.map(({ column, sentence }) => `${row} ${column}: ${sentence}`));
  }

  /** Until its last job has ended. */
  async settled(uuid: string) {
    for (;;) {
      const { body } = await this.app.api.get(`${IMPORTS}${uuid}/`);
      const job = await this.app.api.get(`/api/admin/arrow/jobs/${body.job_uuid}/`);
      if (['queued', 'running'].includes(job.body.state)) continue;
      const { body: found } = await this.app.api.get(`${IMPORTS}${uuid}/`);
      if (job.body.error_code === 'unforeseen') throw new Error(job.body.error_message);
      return { ...found, job: job.body };
    }
  }
}

/** How many rows do what. */
export const counts = (found: Record<string, number>) =>
  ['created', 'changed', 'unchanged', 'refused'].map((outcome) => found[`rows_${outcome}`]);
