/**
 * Asks `GET URL` again and again. Says `ready` once it has warmed up; from then on it notes how long each answer took,
 * until its standard input ends, and prints the milliseconds as JSON.
 */
const [url] = process.argv.slice(2);
const WARM_UP = 20;
const times: number[] = [];
let going = true;
process.stdin.on('end', () => (going = false)).resume();
for (let asked = 1; going; asked += 1) {
  const start = performance.now();
  const response = await fetch(url!);
  await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  if (asked > WARM_UP) times.push(performance.now() - start);
  if (asked === WARM_UP) console.log('ready');
  await new Promise((resolve) => setTimeout(resolve, 2));
}
console.log(JSON.stringify(times));
