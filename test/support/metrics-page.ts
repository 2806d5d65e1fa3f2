import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestApp } from './app.js';
import { MetricsServer } from '../../src/metrics-server.js';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export const metricsUrl = ({ app }: Pick<TestApp, 'app'>) => `http://127.0.0.1:${app.get(MetricsServer).port}/metrics`;

/** The metrics as Prometheus reads them. */
export class MetricsPage {
  readonly samples: readonly Sample[];

  constructor(readonly text: string) {
    this.samples = text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => {
        const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
        const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text] as const);
        return { name: name!, labels: Object.fromEntries(pairs) as Labels, value: Number(value) };
      });
  }

  static read(app: Pick<TestApp, 'app'>, headers: Record<string, string> = {}): Promise<MetricsPage> {
    return MetricsPage.at(metricsUrl(app), headers);
  }

  static async at(url: string, headers: Record<string, string> = {}): Promise<MetricsPage> {
    // A connection kept from before may be closed by then, where a process has been too busy to notice.
    const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`The metrics answered ${response.statusCode}`);
    return new MetricsPage(await text(response));
  }

  /** Names of the metrics, without what histograms add. */
  get names(): string[] {
    return [...this.text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!);
  }

  /** Sum of the samples that have at least these labels; `undefined` where there is none. */
  value(name: string, labels: Labels = {}): number | undefined {
    const found = this.samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
    return found.length ? found.reduce((total, { value }) => total + value, 0) : undefined;
  }
}
