import { Lanes } from './lanes.js';

const filled = (...items: string[]) => {
  const lanes = new Lanes<string>();
  for (const item of items) lanes.add(item[0]!, item);
  return lanes;
};
const drained = (lanes: Lanes<string>) => {
  const taken: string[] = [];
  for (let next = lanes.takeNext(); next !== undefined; next = lanes.takeNext()) taken.push(next);
  return taken;
};

describe('Lanes', () => {
  it('are served in turn, each in its own order', () => {
    const lanes = filled('a1', 'a2', 'a3', 'b1', 'c1', 'c2');
    expect(lanes.size).toBe(6);
    expect(drained(lanes)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    expect(lanes.size).toBe(0);
  });

  it('drop what does not wait any longer', () => {
    const lanes = filled('a1', 'a2', 'b1');
    lanes.remove('a', 'a1');
    lanes.remove('b', 'b1');
    lanes.remove('b', 'b1');
    lanes.remove('x', 'a2');
    expect([lanes.size, lanes.all]).toEqual([1, ['a2']]);
  });

  it('make room for a shorter lane by the newest of the longest, and for none that is as long', () => {
    const lanes = filled('a1', 'a2', 'a3', 'b1');
    expect(lanes.displaceFor('a')).toBeUndefined();
    expect(lanes.displaceFor('c')).toBe('a3');
    expect(lanes.displaceFor('b')).toBeUndefined();
    expect(lanes.displaceFor('c')).toBe('a2');
    expect(lanes.displaceFor('c')).toBeUndefined();
    expect(drained(lanes)).toEqual(['a1', 'b1']);
    expect(lanes.displaceFor('c')).toBeUndefined();
  });
});
