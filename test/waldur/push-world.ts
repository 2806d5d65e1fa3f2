import { arrowCustomer } from '../../emulator/data.js';
import type { StandInItem } from '../../emulator/waldur/invoices.js';
import {
  type Row,
  waldurCustomer,
  waldurOffering,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import { BillingWorld, type Linked, type MappedCustomer, money } from '../billing/billing-world.js';
import { asked, type Beside, startBeside, dashed } from './support.js';

export const ITEMS = '/api/admin/arrow/pushed-items/';

export const PUSHING = { WALDUR_PUSH_CHARGES: 'true', WALDUR_PUSH_FROM: '2026-01', WALDUR_CURRENCY: 'EUR' };

export interface PushJob {
  readonly state: string;
  readonly error_code: string;
  readonly error_message: string;
  readonly attempts: number;
  readonly result: Record<string, number> & {
    not_at_waldur: Record<string, unknown>[];
    unknown: string[];
    failed: object[];
  };
}

/** A service that bills beside a Waldur: organisations and resources are made there, and read from there. */
export class PushWorld extends BillingWorld {
  private readonly offering = waldurOffering();
  private readonly projects = new Map<string, Row>();

  private constructor(readonly beside: Beside) {
    super(beside.app);
    beside.waldur.data.offerings.push(this.offering);
  }

  static async begin(variables: Record<string, string> = {}): Promise<PushWorld> {
    const beside = await startBeside({ ...PUSHING, ...variables });
    const w = new PushWorld(beside);
    await w.start();
    return w;
  }

  get waldur() {
    return this.beside.waldur;
  }

  readMirror = () => this.beside.sync({ whole: true });

  override async mappedCustomer(companyName = 'Põhjala Tehnika OÜ'): Promise<MappedCustomer> {
    const arrow = arrowCustomer({ partnerReference: this.partner, CompanyName: companyName });
    this.app.arrow.data.customers.push(arrow);
    const customer = waldurCustomer({ name: companyName });
    const project = waldurProject(customer);
    this.waldur.data.customers.push(customer);
    this.waldur.data.projects.push(project);
    this.projects.set(dashed(project.uuid), project);
    await this.readMirror();
    const mapping = await this.make.mapping({
      settings: this.settings,
      waldur_customer: customer.uuid,
      arrow_reference: arrow.Reference,
    });
    return { customer: dashed(customer.uuid), project: dashed(project.uuid), mapping: mapping.uuid, arrow };
  }

  override linked(given?: MappedCustomer): Promise<Linked> {
    return this.linkedWith(undefined, given);
  }

  /** Its resource has that plan of that offering in Waldur. */
  async linkedWith(planned: { offering: Row; plan: Row } | undefined, given?: MappedCustomer): Promise<Linked> {
    const linked = this.resourceOf(given ?? (await this.mappedCustomer()), planned);
    await this.readMirror();
    return linked;
  }

  /** Its resource is in Waldur, and here once Waldur is read. */
  resourceOf(mapped: MappedCustomer, planned?: { offering: Row; plan: Row }): Linked {
    const license = this.license(mapped);
    const resource = waldurResource(this.projects.get(mapped.project)!, planned?.offering ?? this.offering, {
      backend_id: license.licenseId,
      plan_uuid: planned?.plan.uuid ?? null,
    });
    this.waldur.data.resources.push(resource);
    return { ...mapped, license, resource: dashed(resource.uuid) };
  }

  /** Asks for a run and answers it when it has ended. */
  async push(body: object = {}): Promise<PushJob> {
    return (await asked(this.app, `${ITEMS}push/`, body)) as unknown as PushJob;
  }

  /** What stands at Waldur for an organisation, as `2026-01 12.50`, sorted. */
  atWaldur({ customer }: MappedCustomer): string[] {
    return this.waldur.invoices.items
      .filter(({ customer_uuid }) => dashed(customer_uuid) === customer)
      .map(({ month, unit_price }) => `${month} ${money(unit_price)}`)
      .sort();
  }

  /** Items of an organisation as the API shows them. */
  async items({ customer }: MappedCustomer, filter = ''): Promise<Record<string, unknown>[]> {
    const { body } = await this.app.api.get(`${ITEMS}?customer_uuid=${customer}&page_size=300&o=created${filter}`);
    return body;
  }

  /** The month of an organisation beside Waldur's. */
  async compared({ customer }: MappedCustomer, filter = ''): Promise<Record<string, unknown>[]> {
    const { body } = await this.app.api.get(`${ITEMS}comparison/?customer_uuid=${customer}${filter}`);
    return body;
  }

  itemAtWaldur({ customer }: MappedCustomer, month: string): StandInItem {
    return this.waldur.invoices.of(customer, month)!.items[0]!;
  }
}
