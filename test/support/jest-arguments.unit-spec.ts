import { jestRun } from './jest-arguments.js';

describe('The arguments of npm test', () => {
  const [json, ours] = ['--json', '--outputFile=/tmp/results.json'];

  it.each([
    { given: [], args: [json, ours] },
    { given: ['test/docs', '-t', 'links'], args: [json, ours, 'test/docs', '-t', 'links'] },
    { given: ['--json'], args: [json, ours], printsResults: true },
    { given: ['--json', '--outputFile=x.json', 'test/docs'], args: [json, '--outputFile=x.json', 'test/docs'] },
    { given: ['--outputFile', 'x.json', '--json'], args: [json, '--outputFile=x.json'] },
  ])(
    '$given are given on to Jest, which takes those for its results once',
    ({ given, args, printsResults = false }) => {
      const results = args.find((each) => each.startsWith('--outputFile='))!.replace('--outputFile=', '');
      expect(jestRun(given, '/tmp/results.json')).toEqual({ results, args, printsResults });
    },
  );
});
