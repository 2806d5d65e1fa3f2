import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MetricsRegistry } from '../common/metrics-registry.js';

/** What both pools can tell. */
export interface CountsConnections {
  readonly connections: {
    readonly total: number;
    /** Those of them that nobody uses. */
    readonly idle: number;
    /** Who waits for one. */
    readonly waiting: number;
  };
}

/** How the pool of connections is. */
@Injectable()
export class DatabaseMetrics {
  constructor(registry: MetricsRegistry, { driver }: DataSource) {
    const gauge = (name: string, help: string, figure: keyof CountsConnections['connections']) =>
      registry.gauge(name, help, [], () => [
        [{}, (driver as unknown as { master: CountsConnections }).master.connections[figure]],
      ]);
    gauge('waldur_arrow_database_connections', 'Connections to the database; 1 where it is embedded.', 'total');
    gauge('waldur_arrow_database_idle_connections', 'Those of them that nobody uses.', 'idle');
    gauge('waldur_arrow_database_waiting', 'Requests and jobs that wait for a connection.', 'waiting');
  }
}
