import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from './api-client.js';
import { programArguments } from './programs.js';

/** What Node is started with for it. */
export const serviceArguments = () => programArguments('main');

/** The service in a process of its own, started as production starts it. */
export class ServiceProcess {
  output = '';
  private readonly changes = new EventEmitter();
  private readonly ended: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (part: Buffer) => {
        this.output += part.toString();
        this.changes.emit('output');
      });
    }
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** `command`: another one than the compiled service, in the folder `cwd`. */
  static start(
    variables: Record<string, string>,
    command: readonly string[] = [process.execPath, ...serviceArguments()],
    cwd?: string,
  ): ServiceProcess {
    const { PATH = '', HOME = '' } = process.env;
    const [program, ...args] = command;
    const child = spawn(program!, args, {
      cwd,
      env: { PATH, HOME, LOG_FORMAT: 'json', ...variables, PORT: variables.PORT ?? '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(child);
  }

  /** Speaks HTTP to it, once it listens. Fails when it ends before. */
  async api(token?: string): Promise<ApiClient> {
    const [, url] = await this.says(/Listening on (\S+)/);
    return new ApiClient(url!.replace(/\/$/, ''), token);
  }

  /** Waits until its output, so far or later, has this in it. Fails when it ends before. */
  async says(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.output);
      if (found) return found;
      const more = once(this.changes, 'output').then(() => true);
      const ended = this.ended.then(() => false);
      if (!(await Promise.race([more, ended]))) throw new Error(`It ended without saying ${what}:\n${this.output}`);
    }
  }

  /** Exit code, once all of its output has been read. */
  async exit(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal) this.child.kill(signal);
    return this.ended;
  }
}

/** The processes of a test file and their data folders: all of them are gone when it ends. */
export class ServiceProcesses {
  private readonly services: ServiceProcess[] = [];
  private readonly folders: string[] = [];

  start(variables: Record<string, string>): ServiceProcess {
    const service = ServiceProcess.start(variables);
    this.services.push(service);
    return service;
  }

  /** A data folder with an embedded database that is migrated already. */
  dataDir(): string {
    const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-process-'));
    this.folders.push(folder);
    cpSync(process.env.TEST_PGLITE_TEMPLATE!, folder, { recursive: true });
    return folder;
  }

  async end(): Promise<void> {
    await Promise.all(this.services.map((service) => service.exit('SIGKILL')));
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}
