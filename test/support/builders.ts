import type { TestApp } from './app.js';

/** Makes things through the API, as an operator would; name only what matters to the test. */
export class Builders {
  private number = 0;

  constructor(private readonly app: Pick<TestApp, 'api' | 'arrow'>) {}

  private next(): number {
    return ++this.number;
  }

  private async make(path: string, body: object) {
    const { status, body: made } = await this.app.api.post(path, body);
    if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(made)}`);
    return made;
  }

  customer(given: object = {}) {
    return this.make('/api/customers/', { name: `Organisation ${this.next()}`, ...given });
  }

  async project(given: { customer?: string; [key: string]: unknown } = {}) {
    return this.make('/api/projects/', {
      name: `Project ${this.next()}`,
      customer: given.customer ?? (await this.customer()).uuid,
      ...given,
    });
  }

  offering(given: object = {}) {
    return this.make('/api/marketplace-provider-offerings/', { name: `Offering ${this.next()}`, ...given });
  }

  async plan(given: { offering?: string; [key: string]: unknown } = {}) {
    return this.make('/api/marketplace-plans/', {
      name: `Plan ${this.next()}`,
      offering: given.offering ?? (await this.offering()).uuid,
      ...given,
    });
  }

  async resource(given: { project?: string; offering?: string; [key: string]: unknown } = {}) {
    return this.make('/api/marketplace-resources/', {
      name: `Resource ${this.next()}`,
      project: given.project ?? (await this.project()).uuid,
      offering: given.offering ?? (await this.offering()).uuid,
      ...given,
    });
  }

  /** An active account that points at the emulator. */
  settings(given: object = {}) {
    const { url, apiKey } = this.app.arrow;
    return this.make('/api/admin/arrow/settings/', { api_url: url, api_key: apiKey, ...given });
  }

  async mapping(
    given: { settings?: string; waldur_customer?: string; arrow_reference?: string; [key: string]: unknown } = {},
  ) {
    return this.make('/api/admin/arrow/customer-mappings/', {
      settings: given.settings ?? (await this.settings()).uuid,
      waldur_customer: given.waldur_customer ?? (await this.customer()).uuid,
      arrow_reference: `XSP${900_000 + this.next()}`,
      ...given,
    });
  }

  async vendorMapping(given: { settings?: string; offering?: string } & Record<string, unknown> = {}) {
    return this.make('/api/admin/arrow/vendor-offering-mappings/', {
      settings: given.settings ?? (await this.settings()).uuid,
      offering: given.offering ?? (await this.offering()).uuid,
      arrow_vendor_name: `Vendor ${this.next()}`,
      ...given,
    });
  }

  user(given: object = {}) {
    return this.make('/api/users/', { username: `user-${this.next()}`, ...given });
  }
}
