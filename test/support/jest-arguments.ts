/** Where Jest writes its results, what it is started with for that, and whether whoever started it wants them printed. */
export interface JestRun {
  readonly results: string;
  readonly args: string[];
  readonly printsResults: boolean;
}

/** `given` may ask for results itself: Jest takes `--json` and `--outputFile` once. `results`: the file, where it names none. */
export function jestRun(given: readonly string[], results: string): JestRun {
  const rest: string[] = [];
  let named: string | undefined;
  let printsResults = false;
  for (let at = 0; at < given.length; at++) {
    const argument = given[at]!;
    if (argument === '--json') printsResults = true;
    else if (argument === '--outputFile') named = given[++at];
    else if (argument.startsWith('--outputFile=')) named = argument.slice('--outputFile='.length);
    else rest.push(argument);
  }
  const file = named ?? results;
  return { results: file, args: ['--json', `--outputFile=${file}`, ...rest], printsResults: printsResults && !named };
}
