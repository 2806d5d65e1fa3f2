/** Asks `GET URL` again and again until its standard input ends, then prints every answer's milliseconds as JSON. */
const [url] = process.argv.slice(2);
const times: number[] = [];
let going = true;
process.stdin.on('end', () => (going = false)).resume();
while (going) {
  const start = performance.now();
  const response = await fetch(url!);
  await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  times.push(performance.now() - start);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
console.log(JSON.stringify(times));
