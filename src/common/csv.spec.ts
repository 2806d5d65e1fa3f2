import { csvLine, inPages } from './csv.js';

describe('a CSV line', () => {
  test('quotes what needs it', () => {
    expect(csvLine(['a', 'b,c', 'say "hi"', 'two\nlines', 3, null, true])).toBe(
      'a,"b,c","say ""hi""","two\nlines",3,,true\r\n',
    );
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['+372 5555', "'+372 5555"],
    ['@cmd', "'@cmd"],
    ['-2+3', "'-2+3"],
    ['\tx', "'\tx"],
    ['=a,b', `"'=a,b"`],
    ['-12.50', '-12.50'],
    ['ordinary', 'ordinary'],
  ])('%p is nothing a spreadsheet would run', (text, cell) => expect(csvLine([text])).toBe(`${cell}\r\n`));
});

test('pages are read until one is short', async () => {
  const all = Array.from({ length: 25 }, (_, i) => i);
  const read = [];
  for await (const row of inPages(10, (offset) => Promise.resolve(all.slice(offset, offset + 10)))) read.push(row);
  expect(read).toEqual(all);
});
