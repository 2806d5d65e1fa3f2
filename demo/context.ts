import type { ArrowEmulator } from '../emulator/arrow-emulator.js';

/** An answer of the service. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The demo prints whatever comes.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** Makes organisations and the like where this run of the demo has them. Each answers a UUID. */
export interface DemoDirectory {
  organisation(name: string): Promise<string>;
  project(name: string, organisation: string): Promise<string>;
  offering(name: string): Promise<string>;
  plan(name: string, offering: string): Promise<string>;
  resource(name: string, project: string, offering: string): Promise<string>;
  /** What was made is known to the service from then on. */
  read(): Promise<void>;
}

/** What the steps of the demo share: the service, ArrowSphere's stand-in, and what earlier steps made. */
export interface DemoContext {
  readonly arrow: ArrowEmulator;
  /** Speaks HTTP to the service as its staff user; throws unless the status is the one expected (2xx by default). */
  readonly call: (method: string, path: string, body?: unknown, expected?: number) => Promise<Answer>;
  /** Starts a job by POST and answers it when it has ended. */
  readonly finish: (path: string, body: object) => Promise<Answer['body']>;
  /** Where organisations and the like are. */
  readonly directory: DemoDirectory;
  /** A heading. */
  readonly title: (text: string) => void;
  /** A line of what happened. */
  readonly say: (text: string) => void;
  /** UUIDs by a name the steps agree on: `settings`, `organisation:<name>`, `mapping:<reference>`. */
  readonly made: Map<string, string>;
}
