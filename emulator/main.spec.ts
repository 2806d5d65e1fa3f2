import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

describe('npm run emulator', () => {
  const start = (environment: Record<string, string>) =>
    spawn(process.execPath, [join(process.env.TEST_COMPILED!, 'emulator/main.js')], {
      env: { ...process.env, EMULATOR_PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serves the sample world, says how to call it and ends on %s',
    async (signal) => {
      const child = start({});
      let output = '';
      for await (const chunk of child.stdout) {
        output += String(chunk);
        if (output.includes('Stop with Ctrl-C')) break;
      }
      expect(output).toContain('27 customers, 60 licences');
      expect(output.match(/^ +curl /gm)).toHaveLength(4);
      const url = /API URL +(\S+)/.exec(output)![1]!;
      const apiKey = /API key +(\S+)/.exec(output)![1]!;
      const answer = await fetch(`${url}whoami`, { headers: { apiKey } });
      expect(await answer.json()).toMatchObject({ data: { reference: 'XSP100001' } });
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  it('refuses a wrong setting with a sentence', async () => {
    const child = start({ EMULATOR_WORLD: 'tiny' });
    const errors: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors.join('')).toContain('EMULATOR_WORLD must be sample or large, not "tiny"');
  });
});
