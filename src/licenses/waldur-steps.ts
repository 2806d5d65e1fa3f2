import { setTimeout as sleep } from 'node:timers/promises';
import { heldBy } from '../directory/directory.errors.js';
import type { UpstreamCallOptions } from '../http-client/upstream-client.js';
import type { WaldurGateway } from '../waldur-gateway/waldur-gateway.js';
import { WaldurError, WaldurNotFoundError, WaldurRefusedError } from '../waldur-gateway/waldur-gateway.errors.js';
import type { WaldurOrder, WaldurResource } from '../waldur-gateway/waldur-rows.js';
import type { OrderStep } from '../waldur-gateway/waldur-writer.js';
import { WaldurNotDoneYetError, WaldurWriteFailedError } from './licenses.errors.js';
import type { ClaimedWrite, WriteNotes } from './waldur-writes.repository.js';

/** Keeps the claim, and what has to be known after a crash. Throws where the work is not ours to go on with. */
export type Note = (notes?: WriteNotes) => Promise<void>;

/** What the steps need besides an entry. */
export interface StepsAround {
  readonly note: Note;
  readonly options: UpstreamCallOptions;
  readonly now: () => Date;
}

/**
 * Types of offerings whose resources exist in a backend before Waldur knows them, by the source of October 2024: those
 * are taken over by `import_resource`, and not ordered.
 */
const IMPORTABLE = new Set([
  'Azure.VirtualMachine',
  'Marketplace.Rancher',
  'OpenStack.Instance',
  'OpenStack.Tenant',
  'OpenStack.Volume',
]);

const BASIC = 'Marketplace.Basic';
/** Types of offerings whose orders can be completed by us, by the same source. */
const COMPLETED_BY_US = new Set([BASIC, 'Support.OfferingTemplate']);

/** Until Waldur's worker has been at an order: most often it has within a second. */
const WORKER_PAUSES_MS = [100, 200, 400, 800, 1_600, 1_600];
/** Where it has not been at one for so long, it leaves orders of `Marketplace.Basic` to be completed by somebody. */
const NO_WORKER_MS = 60_000;

/** What moves an order on from each state; from others Waldur does. */
const STEPS: Partial<Record<WaldurOrder['state'], OrderStep>> = {
  'pending-consumer': 'approve_by_consumer',
  'pending-provider': 'approve_by_provider',
  executing: 'set_state_done',
};

/** More than any order needs. */
const MOST_STEPS = 10;

const OVER: readonly WaldurOrder['state'][] = ['erred', 'canceled', 'rejected'];

/**
 * Carries out one entry of the link ledger in Waldur. Whether a step was done is always read, never taken from an answer,
 * and what has been done is not done again: so it can be begun anew from any point.
 */
export class WaldurSteps {
  constructor(
    private readonly gateway: WaldurGateway,
    private readonly claimed: ClaimedWrite,
    private readonly around: StepsAround,
  ) {}

  /**
   * Answers the resource as Waldur has it then. Throws `WaldurWriteFailedError` where it will not be done, and
   * `WaldurNotDoneYetError` or another `WaldurError` where it is to be gone on with later.
   */
  async carryOut(): Promise<WaldurResource> {
    const { link } = this.claimed;
    // What is not shown to somebody else may be there, and would be made a second time.
    await this.gateway.ensureSeesAll(this.around.options);
    await this.around.note();
    if (link.kind !== 'import') return this.give(link.resourceUuid!, link.previousLicenseReference);
    return this.give(await this.makeResource(), '');
  }

  /** The resource that an entry is of, as Waldur has it. Throws `WaldurError`, `WaldurWriteFailedError`. */
  async read(uuid: string): Promise<WaldurResource> {
    const found = await this.gateway.findOne('resources', uuid, this.around.options);
    if (!found) throw new WaldurWriteFailedError('Waldur does not have the resource any more.');
    return found;
  }

  private async give(uuid: string, previous: string): Promise<WaldurResource> {
    const license = this.claimed.link.licenseReference;
    const before = await this.read(uuid);
    if (before.backendId === license) return before;
    if (license && before.isGone) throw new WaldurWriteFailedError('The resource is terminated in Waldur.');
    if (before.backendId !== previous && !(await this.isTicket(before.backendId)))
      throw new WaldurWriteFailedError(
        `In Waldur the resource has ${before.backendId ? `the licence ${before.backendId}` : 'no licence'} by now, and not ${previous || 'none'}. It was left as it is.`,
      );
    await this.assertFree(license, uuid);
    const refusal = await this.write((options) => this.gateway.writer.setBackendId(uuid, license, options));
    const after = await this.read(uuid);
    if (after.backendId === license) return after;
    // What Waldur has made stays there, so that giving it its licence is tried until somebody ends it there.
    throw this.why(refusal, { isOver: this.claimed.write.madeUuid === null });
  }

  /** Waldur gives the resource of an order its ticket's key. */
  private async isTicket(backendId: string): Promise<boolean> {
    const { orderUuid } = this.claimed.write;
    return orderUuid !== null && (await this.readOrder(orderUuid)).ticket === backendId;
  }

  /** Answers the UUID of the resource that Waldur made. */
  private async makeResource(): Promise<string> {
    const { write } = this.claimed;
    if (write.madeUuid) return write.madeUuid;
    const made = IMPORTABLE.has(write.offeringType) ? await this.takeOver() : await this.order();
    write.madeUuid = made;
    await this.around.note({ madeUuid: made });
    return made;
  }

  private async takeOver(): Promise<string> {
    const { link, write } = this.claimed;
    const { offeringUuid, projectUuid, planUuid } = write;
    const find = async () => {
      const found = await this.gateway.writer.resourcesWith(link.licenseReference, this.around.options);
      return found.find((one) => one.offeringUuid === offeringUuid && one.projectUuid === projectUuid)?.uuid;
    };
    if (write.sentAt) {
      const made = await find();
      if (made) return made;
      this.assertTimeIsUp();
    }
    await this.assertFree(link.licenseReference);
    await this.send();
    const wanted = {
      offeringUuid: offeringUuid!,
      projectUuid: projectUuid!,
      planUuid,
      backendId: link.licenseReference,
    };
    const refusal = await this.write((options) => this.gateway.writer.importResource(wanted, options));
    const made = await find();
    if (made) return made;
    throw this.why(refusal, { isOver: true });
  }

  private async order(): Promise<string> {
    let order = await this.sentOrder();
    order ??= await this.sendOrder();
    for (let steps = 0; order.state !== 'done'; steps += 1) {
      if (steps === MOST_STEPS)
        throw new WaldurNotDoneYetError(`In Waldur the order ${order.uuid} does not come to an end.`);
      order = await this.moveOn(order);
    }
    if (!order.resourceUuid) throw new WaldurWriteFailedError(`The order ${order.uuid} is done and made no resource.`);
    return order.resourceUuid;
  }

  /** The order that was made before, if there is one. */
  private async sentOrder(): Promise<WaldurOrder | undefined> {
    const { write } = this.claimed;
    if (write.orderUuid) return this.readOrder(write.orderUuid);
    if (!write.sentAt) return undefined;
    const found = await this.findOrder();
    if (!found) this.assertTimeIsUp();
    return found;
  }

  private async sendOrder(): Promise<WaldurOrder> {
    const { link, write } = this.claimed;
    await this.assertFree(link.licenseReference);
    const wasSent = write.sentAt !== null;
    await this.send();
    let made: WaldurOrder | undefined;
    const refusal = await this.write(async (options) => {
      const { offeringUuid, projectUuid, planUuid, resourceName: name } = write;
      const wanted = { offeringUuid: offeringUuid!, projectUuid: projectUuid!, planUuid, name, slug: link.uuid };
      made = await this.gateway.writer.createOrder(wanted, options);
    });
    // Of two the first counts, which may have come meanwhile.
    const order = (made && !wasSent ? made : await this.findOrder()) ?? made;
    if (!order) throw this.why(refusal, { isOver: true });
    await this.noteOrder(order);
    return order;
  }

  private async findOrder(): Promise<WaldurOrder | undefined> {
    const { link, write } = this.claimed;
    const wanted = { slug: link.uuid, offeringUuid: write.offeringUuid!, projectUuid: write.projectUuid! };
    const [first, ...more] = await this.gateway.writer.ordersWith(wanted, this.around.options);
    // Sent once more after Waldur had been silent for long, and then both came.
    for (const { uuid, state } of more)
      if (state.startsWith('pending'))
        await this.write((options) => this.gateway.writer.moveOrder(uuid, 'cancel', options));
    if (first) await this.noteOrder(first);
    return first;
  }

  private async noteOrder({ uuid }: WaldurOrder): Promise<void> {
    this.claimed.write.orderUuid = uuid;
    await this.around.note({ orderUuid: uuid });
  }

  private async readOrder(uuid: string): Promise<WaldurOrder> {
    const found = await this.gateway.writer.findOrder(uuid, this.around.options);
    if (!found) throw new WaldurWriteFailedError(`Waldur does not have the order ${uuid} any more.`);
    return found;
  }

  /** The order in its next state. */
  private async moveOn(order: WaldurOrder): Promise<WaldurOrder> {
    const { uuid, state, errorMessage } = order;
    if (OVER.includes(state))
      throw new WaldurWriteFailedError(
        `In Waldur the order ${uuid} is ${state}${errorMessage ? `: ${errorMessage}` : '.'}`,
      );
    const settled = state === 'executing' ? await this.worked(order) : order;
    if (settled.state !== state) return settled;
    const step = this.nextStep(state);
    if (!step)
      throw new WaldurNotDoneYetError(`In Waldur the order ${uuid} is ${state}, and it is Waldur that moves it on.`);
    const refusal = await this.write((options) => this.gateway.writer.moveOrder(uuid, step, options));
    const after = await this.readOrder(uuid);
    if (after.state === state) throw this.why(refusal, { isOver: false });
    return after;
  }

  /**
   * Waldur's worker goes through an order that is executing and writes it and the whole resource when it has, as they were
   * when it began: what is changed meanwhile is lost, or makes the order fail. It completes those of
   * `Marketplace.Basic`, and makes tickets of those of `Support.OfferingTemplate`. Answers the order after that.
   */
  private async worked(order: WaldurOrder): Promise<WaldurOrder> {
    const { offeringType, sentAt } = this.claimed.write;
    if (!COMPLETED_BY_US.has(offeringType)) return order;
    const isOver = ({ state, ticket }: WaldurOrder) => state !== 'executing' || ticket !== undefined;
    let latest = order;
    for (const pause of WORKER_PAUSES_MS) {
      if (isOver(latest)) return latest;
      await sleep(pause, undefined, { signal: this.around.options.signal });
      await this.around.note();
      latest = await this.readOrder(order.uuid);
    }
    const isLeftToUs =
      offeringType === BASIC && sentAt && this.around.now().getTime() - sentAt.getTime() > NO_WORKER_MS;
    if (isOver(latest) || isLeftToUs) return latest;
    throw new WaldurNotDoneYetError(
      `In Waldur the order ${order.uuid} is executing, and its worker has not been at it.`,
    );
  }

  private nextStep(state: WaldurOrder['state']): OrderStep | undefined {
    if (state === 'executing' && !COMPLETED_BY_US.has(this.claimed.write.offeringType)) return undefined;
    return STEPS[state];
  }

  /** What is sent next makes something: from here on it may be there. */
  private async send(): Promise<void> {
    const sentAt = this.around.now();
    this.claimed.write.sentAt = sentAt;
    await this.around.note({ sentAt });
  }

  /** One write, with the claim kept. Answers what Waldur, or the way there, said against it. */
  private async write(send: (options: UpstreamCallOptions) => Promise<unknown>): Promise<WaldurError | undefined> {
    await this.around.note();
    try {
      await send(this.around.options);
      return undefined;
    } catch (error) {
      if (error instanceof WaldurError) return error;
      throw error;
    }
  }

  /** Why a step that was read to be undone is undone. `isOver`: a refusal ends the entry. */
  private why(refusal: WaldurError | undefined, { isOver }: { readonly isOver: boolean }): Error {
    if (!refusal) return new WaldurNotDoneYetError('Waldur took the request, and it is not done yet.');
    const isRefused = refusal instanceof WaldurRefusedError || refusal instanceof WaldurNotFoundError;
    return isOver && isRefused ? new WaldurWriteFailedError(refusal.message) : refusal;
  }

  /** It may be on its way in Waldur: sending it again before that is over could make two. */
  private assertTimeIsUp(): void {
    const { sentAt } = this.claimed.write;
    if (sentAt && sentAt > this.gateway.settledBefore(this.around.now()))
      throw new WaldurNotDoneYetError('It was sent, and Waldur neither answered nor shows it yet.');
  }

  private async assertFree(license: string, uuid?: string): Promise<void> {
    if (!license) return;
    const holders = await this.gateway.writer.resourcesWith(license, this.around.options);
    const holder = holders.find((one) => one.uuid !== uuid);
    if (holder) throw new WaldurWriteFailedError(`In Waldur: ${heldBy(license, holder)}`);
  }
}
