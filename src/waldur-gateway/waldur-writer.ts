import type { UpstreamCallOptions, UpstreamClient, UpstreamRequest } from '../http-client/upstream-client.js';
import type { UpstreamState } from '../http-client/upstream-state.js';
import { assertGood, bodyOf } from './waldur-answer.js';
import type { WaldurGatewayOptions } from './waldur-gateway.options.js';
import { list, object, type ReadAnswer, requestOf } from './waldur-request.js';
import { ORDER_FIELDS, WALDUR_LISTS, WaldurOrder, type WaldurResource } from './waldur-rows.js';
import { authorization } from './waldur-token.js';

/** What is ordered; UUIDs are Waldur's. */
export interface NewWaldurOrder {
  readonly offeringUuid: string;
  readonly projectUuid: string;
  readonly planUuid: string | null;
  /** Of the resource. */
  readonly name: string;
  /** By which the order is found again; letters, digits and `-`, 50 at most. */
  readonly slug: string;
}

/** What is taken over as it is in the offering's backend; UUIDs are Waldur's. */
export interface NewWaldurImport extends Pick<NewWaldurOrder, 'offeringUuid' | 'projectUuid' | 'planUuid'> {
  readonly backendId: string;
}

/** What a read that failed means where there is nothing at its address; throws every other error. */
export type Absent = (error: unknown, options?: UpstreamCallOptions) => Promise<undefined>;

/** What moves an order on. */
export type OrderStep = 'approve_by_consumer' | 'approve_by_provider' | 'set_state_done' | 'cancel';

const RESOURCES = WALDUR_LISTS.resources;
const ORDERS = 'marketplace-orders/';

type PostEndpoint = `POST ${string}`;

/**
 * What this service changes in Waldur, and the reads that tell whether it was done. A write is sent once: without an
 * error Waldur took it, `WaldurRefusedError` and `WaldurNotFoundError` say that it did not, and after any other
 * `WaldurError` it may have. Reads throw `WaldurError`.
 */
export class WaldurWriter {
  constructor(
    private readonly client: UpstreamClient,
    private readonly state: UpstreamState,
    private readonly options: Pick<WaldurGatewayOptions, 'url' | 'token' | 'pageSize'>,
    private readonly absent: Absent,
  ) {}

  /** `""`: none. */
  setBackendId(resourceUuid: string, backendId: string, options?: UpstreamCallOptions): Promise<void> {
    const toDo = 'give the resource its backend id';
    const endpoint = `POST ${RESOURCES.path}{uuid}/set_backend_id/` as const;
    return this.write(toDo, endpoint, resourceUuid, { backend_id: backendId }, options);
  }

  /** The order; `undefined` where it was taken and the answer cannot be read. */
  createOrder(order: NewWaldurOrder, options?: UpstreamCallOptions): Promise<WaldurOrder | undefined> {
    const offering = `${this.options.url}/api/marketplace-public-offerings/${bare(order.offeringUuid)}/`;
    const body = {
      offering,
      project: `${this.options.url}/api/projects/${bare(order.projectUuid)}/`,
      ...(order.planUuid && { plan: `${offering}plans/${bare(order.planUuid)}/` }),
      attributes: { name: order.name },
      slug: order.slug,
    };
    const read: ReadAnswer<WaldurOrder | undefined> = (question, answer, now) => {
      assertGood(question, answer, now);
      try {
        return readOrder(bodyOf(question, answer, now));
      } catch {
        return undefined;
      }
    };
    return this.client.call(this.state, this.post('make an order', `POST ${ORDERS}`, '', body, read), options);
  }

  moveOrder(uuid: string, step: OrderStep, options?: UpstreamCallOptions): Promise<void> {
    return this.write(`move an order on (${step})`, `POST ${ORDERS}{uuid}/${step}/`, uuid, undefined, options);
  }

  /** For types of offerings that can do it. */
  importResource(
    { offeringUuid, projectUuid, planUuid, backendId }: NewWaldurImport,
    options?: UpstreamCallOptions,
  ): Promise<void> {
    const body = { backend_id: backendId, project: bare(projectUuid), ...(planUuid && { plan: bare(planUuid) }) };
    const endpoint = 'POST marketplace-provider-offerings/{uuid}/import_resource/';
    return this.write('import a resource', endpoint, offeringUuid, body, options);
  }

  /** `undefined` where Waldur does not have it. */
  async findOrder(uuid: string, options?: UpstreamCallOptions): Promise<WaldurOrder | undefined> {
    const question = { toDo: 'show an order', content: 'the order' };
    const parts = { uuid, query: { field: ORDER_FIELDS }, headers: this.headers };
    const request = requestOf(`GET ${ORDERS}{uuid}/`, question, object(readOrder), parts);
    return this.client.call(this.state, request, options).catch((error: unknown) => this.absent(error, options));
  }

  /** Orders of this slug, the oldest first: one, if any. */
  async ordersWith(
    { slug, offeringUuid, projectUuid }: Pick<NewWaldurOrder, 'slug' | 'offeringUuid' | 'projectUuid'>,
    options?: UpstreamCallOptions,
  ): Promise<WaldurOrder[]> {
    const question = { toDo: 'list the orders', content: 'orders' };
    // The newest first: where the slug narrows nothing, ours is among them.
    const query = {
      ...{ slug, offering_uuid: bare(offeringUuid), project_uuid: bare(projectUuid) },
      ...{ o: '-created', page_size: this.options.pageSize, field: ORDER_FIELDS },
    };
    const request = requestOf(`GET ${ORDERS}`, question, list(readOrder), { query, headers: this.headers });
    const found = await this.client.call(this.state, request, options);
    return found.filter((order) => order.slug === slug).toReversed();
  }

  /** Live resources that have this backend id. */
  async resourcesWith(backendId: string, options?: UpstreamCallOptions): Promise<WaldurResource[]> {
    const question = { toDo: 'list the resources', content: 'resources' };
    const query = { backend_id: backendId, page_size: this.options.pageSize, field: RESOURCES.fields };
    const parts = { query, headers: this.headers };
    const request = requestOf(`GET ${RESOURCES.path}`, question, list(RESOURCES.read), parts);
    const found = await this.client.call(this.state, request, options);
    return found.filter((resource) => resource.backendId === backendId && !resource.isGone);
  }

  private write(
    toDo: string,
    endpoint: PostEndpoint,
    uuid: string,
    body: object | undefined,
    options?: UpstreamCallOptions,
  ): Promise<void> {
    return this.client.call(this.state, this.post(toDo, endpoint, uuid, body, assertGood), options);
  }

  /** Waldur's own addresses have their UUIDs without dashes. */
  private post<T>(
    toDo: string,
    endpoint: PostEndpoint,
    uuid: string,
    body: object | undefined,
    read: ReadAnswer<T>,
  ): UpstreamRequest<T> {
    const parts = { uuid: bare(uuid), headers: this.headers, body, once: true };
    return requestOf(endpoint, { toDo, content: 'what it was to change' }, read, parts);
  }

  private get headers(): Readonly<Record<string, string>> {
    return authorization(this.options.token);
  }
}

const readOrder = (row: unknown) => WaldurOrder.parse(row);

const bare = (uuid: string) => uuid.replaceAll('-', '');
