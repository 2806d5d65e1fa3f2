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
    ['x;=1+1', "x;'=1+1"],
    ['x; =1+1;+2;y;-3', "x;' =1+1;'+2;y;'-3"],
    ['x;"=1+1"', `"x;'""=1+1"""`],
    ['x\t=1', "x\t'=1"],
    ['x\n=1', `"x\n'=1"`],
    ['\n@a', `"\n'@a"`],
    ['\t=1', "'\t'=1"],
    ['＝1+1', "'＝1+1"],
    ['＋1', "'＋1"],
    ['－1', "'－1"],
    ['＠cmd', "'＠cmd"],
    ['\u200b=1', "'\u200b=1"],
    ['\ufeff\u2060\u00ad＝1', "'\ufeff\u2060\u00ad＝1"],
    ['x;\u200b\u00a0=1', "x;'\u200b\u00a0=1"],
    [' =1', "' =1"],
    ['"=1', `"'""=1"`],
    ['\x01=1', "'\x01=1"],
    ['a=b; c-d', 'a=b; c-d'],
    ['a;b', 'a;b'],
  ])('%p is nothing a spreadsheet would run', (text, cell) => expect(csvLine([text])).toBe(`${cell}\r\n`));
});

test('a CSV line is written in linear time', () => {
  for (const text of ['\t', ';', ' ', '\u200b', '"', '; '].map((part) => part.repeat(200_000)))
    expect(csvLine([text]).length).toBeGreaterThan(100_000);
});

test('pages are read until one is short', async () => {
  const all = Array.from({ length: 25 }, (_, i) => i);
  const read = [];
  for await (const row of inPages(10, (offset) => Promise.resolve(all.slice(offset, offset + 10)))) read.push(row);
  expect(read).toEqual(all);
});
