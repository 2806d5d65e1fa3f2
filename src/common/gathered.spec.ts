import { Gathered } from './gathered.js';

describe('What is asked for within one turn', () => {
  it('is asked for at once, each once, and everybody gets what is theirs', async () => {
    const asked: string[][] = [];
    const lengths = new Gathered(async (keys: readonly string[]) => {
      asked.push([...keys]);
      return Promise.resolve(new Map(keys.filter((key) => key !== 'nobody').map((key) => [key, key.length])));
    });
    expect(await Promise.all(['a', 'bb', 'a', 'nobody'].map((key) => lengths.get(key)))).toEqual([1, 2, 1, undefined]);
    expect(asked).toEqual([['a', 'bb', 'nobody']]);
  });

  it('is never answered from what was read before it was asked', async () => {
    let stored = 'old';
    const answered: (() => void)[] = [];
    const values = new Gathered(async (keys: readonly string[]) => {
      const value = stored;
      await new Promise<void>((resolve) => answered.push(resolve));
      return new Map(keys.map((key) => [key, value]));
    });
    const begun = async (count: number) => {
      while (answered.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    const before = values.get('key');
    await begun(1);
    stored = 'new';
    const after = values.get('key');
    await begun(2);
    for (const answer of answered) answer();
    expect([await before, await after]).toEqual(['old', 'new']);
  });

  it('fails together, and the next is asked for anew', async () => {
    let fails = true;
    const values = new Gathered(async (keys: readonly string[]) => {
      if (fails) throw new Error('away');
      return Promise.resolve(new Map(keys.map((key) => [key, key])));
    });
    const both = await Promise.allSettled([values.get('a'), values.get('b')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await values.get('a')).toBe('a');
  });
});
