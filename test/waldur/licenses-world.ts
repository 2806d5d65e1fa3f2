import { arrowCustomer, arrowLicense } from '../../emulator/data.js';
import {
  type Row,
  waldurCustomer,
  waldurOffering,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import { Builders } from '../support/builders.js';
import { type Beside, startBeside, dashed } from './support.js';

export const LEDGER = '/api/admin/arrow/license-links/';

/** A mapped customer whose organisation, project and offering are Waldur's. */
export class LicensesBeside {
  readonly organisation = waldurCustomer();
  readonly project = waldurProject(this.organisation);
  readonly offering = waldurOffering({ name: 'Microsoft 365' });
  readonly customer = arrowCustomer();
  mapping = '';
  settings = '';

  constructor(readonly beside: Beside) {}

  static async start(variables: Record<string, string> = {}): Promise<LicensesBeside> {
    const world = new LicensesBeside(await startBeside(variables));
    await world.fill().catch(async (error: unknown) => {
      await world.beside.stop();
      throw error;
    });
    return world;
  }

  private async fill(): Promise<void> {
    const { app, waldur } = this.beside;
    waldur.data.customers.push(this.organisation);
    waldur.data.projects.push(this.project);
    waldur.data.offerings.push(this.offering);
    app.arrow.data.customers.push(this.customer);
    await this.beside.sync();
    const make = new Builders(app);
    ({ uuid: this.settings } = await make.settings());
    const { uuid } = await make.mapping({
      settings: this.settings,
      waldur_customer: dashed(this.organisation.uuid),
      arrow_reference: this.customer.Reference,
    });
    this.mapping = uuid;
  }

  license(): string {
    const license = arrowLicense({ customer: this.customer });
    this.beside.app.arrow.data.licenses.push(license);
    return license.licenseId;
  }

  /** In Waldur and here. */
  async resource(given: Partial<Row> = {}): Promise<Row> {
    const made = waldurResource(this.project, this.offering, given);
    this.beside.waldur.data.resources.push(made);
    await this.beside.app.api.get(`/api/marketplace-resources/${made.uuid}/`);
    return made;
  }

  act(action: string, body: object) {
    return this.beside.app.api.post(`/api/admin/arrow/customer-mappings/${this.mapping}/${action}/`, body);
  }

  link(resource: Row, license: string) {
    return this.act('link_resource', { resource_uuid: resource.uuid, license_reference: license });
  }

  importing(license: string, given: object = {}) {
    return { license_reference: license, offering_uuid: this.offering.uuid, project_uuid: this.project.uuid, ...given };
  }

  async here(uuid: string) {
    return (await this.beside.app.api.get(`/api/marketplace-resources/${uuid}/`)).body;
  }

  /** Newest first. */
  async entries(query: string) {
    return (await this.beside.app.api.get(`${LEDGER}?${query}`)).body;
  }

  /** The one entry of a licence. */
  async entry(license: string) {
    const found = await this.entries(`license_reference=${license}`);
    expect(found).toHaveLength(1);
    return found[0];
  }

  async resume(uuid: string) {
    return (await this.beside.app.api.post(`${LEDGER}${uuid}/resume/`)).body;
  }

  /** Changes in Waldur since this was called last, without UUIDs. */
  changes(): string[] {
    return this.beside.waldur.applied.splice(0).map((one) => one.replace(/ [0-9a-f]{32}/, ''));
  }

  stop(): Promise<void> {
    return this.beside.stop();
  }
}
