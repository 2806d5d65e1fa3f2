import { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import type { EmulatorOptions } from '../../emulator/arrow-emulator.js';
import { parseUuid } from '../../src/common/uuid.js';
import { startApp, type TestApp } from '../support/app.js';

/** A UUID of Waldur's as it is here. */
export const dashed = (uuid: string) => parseUuid(uuid)!;

/** A service beside a Waldur, and that Waldur. */
export interface Beside {
  readonly app: TestApp;
  readonly waldur: WaldurStandIn;
  /** Reads Waldur and answers the job when it has ended. */
  sync(body?: object): Promise<EndedJob>;
  stop(): Promise<void>;
}

export interface EndedJob {
  readonly uuid: string;
  readonly state: string;
  readonly result: Record<string, Record<string, unknown>> & { conflicts: number };
  readonly error_code: string;
  readonly error_message: string;
  readonly attempts: number;
}

export async function startBeside(
  variables: Record<string, string> = {},
  emulator: EmulatorOptions = {},
): Promise<Beside> {
  const waldur = await WaldurStandIn.start();
  const app = await startApp(
    {
      WALDUR_URL: waldur.url,
      WALDUR_TOKEN: waldur.token,
      WALDUR_MAX_RETRIES: '1',
      ...variables,
    },
    emulator,
  ).catch(async (error: unknown) => {
    await waldur.stop();
    throw error;
  });
  return {
    app,
    waldur,
    sync: (body = {}) => sync(app, body),
    stop: async () => {
      await app.stop();
      await waldur.stop().catch(() => undefined);
    },
  };
}

function sync(app: TestApp, body: object): Promise<EndedJob> {
  return asked(app, '/api/admin/arrow/directory/sync/', body);
}

/** The job that is asked for, when it has ended. By the test's clock the schedule may be at something else: then after that. */
export async function asked(app: TestApp, path: string, body: object): Promise<EndedJob> {
  for (;;) {
    const { status, body: answer } = await app.api.post(path, body);
    if (status === 202) return ended(app, answer.job_id);
    const [, other] = /\(job ([0-9a-f-]{36})\)/.exec(answer.detail) ?? [];
    if (answer.code !== 'other_run_under_way') throw new Error(`${path} answered ${status}: ${JSON.stringify(answer)}`);
    await ended(app, other!);
  }
}

/** Asks for the job until it has ended. */
export async function ended(app: TestApp, uuid: string): Promise<EndedJob> {
  for (;;) {
    const { body } = await app.api.get(`/api/admin/arrow/jobs/${uuid}/`);
    if (['succeeded', 'failed', 'cancelled'].includes(body.state)) return body;
  }
}
