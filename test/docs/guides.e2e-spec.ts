import { readFileSync, writeFileSync } from 'node:fs';
import { sampleData } from '../../emulator/sample-data.js';
import { startApp, STAFF_TOKEN } from '../support/app.js';
import { run, stepsOf, withOutput, withoutChance } from './guide.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** When the guides were written: their months follow from it. */
const NOW = '2026-11-24T09:00:00Z';
const MONTH = '2026-10';
const LONG = 240_000;

// Guides start the service on the embedded database.
const describeEmbedded = TEST_DATABASE === 'pglite' ? describe : describe.skip;

describeEmbedded('Replayed on a new service, a guide prints what it says (UPDATE_GUIDES=1 writes it anew)', () => {
  it.each(['tour', 'clients', 'wizard', 'matching', 'licenses', 'billing', 'spreadsheets'])(
    'docs/%s.md',
    async (name) => {
      const file = `docs/${name}.md`;
      const guide = readFileSync(file, 'utf8');
      const steps = stepsOf(guide);
      const app = await startApp({}, { data: sampleData(new Date(NOW)) });
      try {
        app.clock.set(NOW);
        const { url: API, arrow } = app;
        const printed = (await run(steps, { API, TOKEN: STAFF_TOKEN, ARROW_URL: arrow.url, MONTH })).map((text) =>
          text.replaceAll(API, 'http://127.0.0.1:3000').replaceAll(arrow.origin, 'http://127.0.0.1:4010'),
        );
        expect(printed.filter((text, step) => text && steps[step]!.from === undefined)).toEqual([]);
        const replayed = withOutput(guide, steps, printed);
        const isSame = withoutChance(replayed) === withoutChance(guide);
        if (process.env.UPDATE_GUIDES && !isSame) writeFileSync(file, replayed);
        else expect(withoutChance(replayed)).toBe(withoutChance(guide));
      } finally {
        await app.stop();
      }
    },
    LONG,
  );

  it.each([
    { file: 'README.md', given: '' },
    { file: 'docs/beside-waldur.md', given: '--beside-waldur' },
  ])(
    '$file: the demo prints what stands there',
    async ({ file, given }) => {
      const [start, ...others] = stepsOf(readFileSync(file, 'utf8'));
      expect(others).toEqual([]);
      expect(start!.commands).toBe(`npm ci\nnpm run demo${given && ` -- ${given}`}\n`);
      const demo = { commands: `node "$TEST_COMPILED/demo/main.js" --exit ${given}\n`, printed: '' };
      const [printed] = await run([demo], { PORT: '0', STAFF_TOKEN });
      // The demo bills the month before the one in which it runs.
      const comparable = (text: string) => withoutChance(text.replaceAll(/\b\d{4}-\d\d\b/g, '<month>'));
      const part = start!.printed.split('\n')[0]!;
      expect(comparable(printed!.slice(printed!.indexOf(part)))).toContain(comparable(start!.printed));
    },
    LONG,
  );
});
