import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../support/databases.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Alert {
  readonly alert: string;
  readonly expr: string;
}

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
}

const { groups } = parse(read('deploy/alerts/rules.yaml')) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read('deploy/grafana/dashboard.json')) as { panels: Panel[] };
const page = read('docs/metrics.md');

/** First cells of the page's rows. */
const cells = [...page.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell!);
const documented = new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!)));

/** Metrics that an expression names; histograms by their own name. */
const metricsIn = (expr: string) =>
  [...expr.matchAll(/\b(?:waldur_arrow|nodejs|process)_\w+/g)].map(([name]) =>
    name.replace(/_(count|bucket|sum)$/, ''),
  );

describe('The alerts', () => {
  it('each have a line of what to do, and no other has one', () => {
    const named = cells.flatMap((cell) => /^`(Arrow\w+)`$/.exec(cell)?.[1] ?? []);
    expect(named).toEqual(alerts.map(({ alert }) => alert));
    for (const name of named) expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| .{10,} \\| .{20,} \\|$`, 'm'));
  });

  it('are each tested by promtool, when they have to be given and when not', () => {
    const { tests } = parse(read('deploy/alerts/rules-test.yaml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
    };
    const tested = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const namesOf = (isGiven: boolean) =>
      tested.filter(({ exp_alerts }) => Boolean(exp_alerts) === isGiven).map(({ alertname }) => alertname);
    expect(namesOf(true)).toEqual(alerts.map(({ alert }) => alert));
    expect(namesOf(false)).toEqual(alerts.map(({ alert }) => alert));
  });
});

describe('Alerts and dashboard', () => {
  it('name metrics that there are', () => {
    const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(shown.length).toBeGreaterThan(20);
    const named = [...alerts.map(({ expr }) => expr), ...shown].flatMap(metricsIn);
    expect(named.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('show every metric of ours', () => {
    const shown = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr))));
    const alerted = new Set(alerts.flatMap(({ expr }) => metricsIn(expr)));
    const ours = [...documented].filter((name) => name.startsWith('waldur_arrow_'));
    // Attempts are calls and retries together.
    const unseen = ours.filter((name) => !shown.has(name) && !alerted.has(name));
    expect(unseen).toEqual(['waldur_arrow_gateway_attempts_total']);
  });
});
