import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/**
 * What the code now running is part of: its request, its act, its span. One store for all of it: before Node 24 each
 * costs every promise of the process.
 */
@Injectable()
export class Contexts extends AsyncLocalStorageContextManager implements OnApplicationShutdown {
  /** What stays enabled goes on costing. */
  onApplicationShutdown(): void {
    this.disable();
  }
}
