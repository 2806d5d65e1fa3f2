import { EventEmitter } from 'node:events';
import { LoadGate, type Place, type Priority } from './load-gate.js';
import { OverloadedError } from './limits.errors.js';

const LONG = 3_600_000;

describe('A load gate', () => {
  let shed: Priority[];
  beforeEach(() => void (shed = []));

  const gateFor = (atOnce: number, waiting: number, waitMs = LONG) =>
    new LoadGate({ atOnce, waiting, waitMs }, (priority) => shed.push(priority));

  /** One request: `close` ends its answer. */
  const enter = (gate: LoadGate, priority: Priority) => {
    const answer = new EventEmitter();
    let outcome: 'in' | 'waits' | 'refused' = 'waits';
    let place: Place | undefined;
    const entered = new Promise<Place>((resolve) => resolve(gate.enter(priority, answer))).then(
      (got) => {
        outcome = 'in';
        place = got;
      },
      (error: unknown) => {
        expect(error).toBeInstanceOf(OverloadedError);
        outcome = 'refused';
      },
    );
    return {
      entered,
      close: () => answer.emit('close'),
      get place() {
        return place!;
      },
      get outcome() {
        return outcome;
      },
    };
  };
  const soon = () => new Promise((resolve) => setImmediate(resolve));
  const outcomes = async (requests: readonly { outcome: string }[]) => {
    await soon();
    return requests.map(({ outcome }) => outcome);
  };

  it('lets in as many as it may, and the others as these leave', async () => {
    const gate = gateFor(2, 10);
    const requests = (['read', 'read', 'read'] as const).map((each) => enter(gate, each));
    expect(await outcomes(requests)).toEqual(['in', 'in', 'waits']);
    expect([gate.running, gate.waiting]).toEqual([2, 1]);
    requests[0]!.close();
    expect(await outcomes(requests)).toEqual(['in', 'in', 'in']);
    for (const each of requests.slice(1)) each.close();
    expect([gate.running, gate.waiting]).toEqual([0, 0]);
  });

  it('takes reads first and bulk work last of those that wait, whoever came first', async () => {
    const gate = gateFor(1, 10);
    const first = enter(gate, 'read');
    const [bulk, write, read] = (['bulk', 'write', 'read'] as const).map((each) => enter(gate, each));
    first.close();
    expect(await outcomes([bulk!, write!, read!])).toEqual(['waits', 'waits', 'in']);
    read!.close();
    expect(await outcomes([bulk!, write!])).toEqual(['waits', 'in']);
    write!.close();
    expect(await outcomes([bulk!])).toEqual(['in']);
  });

  it('gives bulk work half of the places, however many are free', async () => {
    const gate = gateFor(4, 10);
    const bulk = Array.from({ length: 4 }, () => enter(gate, 'bulk'));
    expect(await outcomes(bulk)).toEqual(['in', 'in', 'waits', 'waits']);
    expect(await outcomes([enter(gate, 'read'), enter(gate, 'write')])).toEqual(['in', 'in']);
  });

  it('refuses the newest bulk work first where too many wait, then changes, then reads', async () => {
    const gate = gateFor(1, 2);
    enter(gate, 'read');
    const waiting = [enter(gate, 'bulk'), enter(gate, 'bulk')];
    const write = enter(gate, 'write');
    expect(await outcomes([...waiting, write])).toEqual(['waits', 'refused', 'waits']);
    const reads = [enter(gate, 'read'), enter(gate, 'read')];
    expect(await outcomes([...waiting, write, ...reads])).toEqual(['refused', 'refused', 'refused', 'waits', 'waits']);
    expect(await outcomes([enter(gate, 'read'), enter(gate, 'bulk')])).toEqual(['refused', 'refused']);
    expect(shed).toEqual(['bulk', 'bulk', 'write', 'read', 'bulk']);
  });

  it('lets nobody wait for longer than it may', async () => {
    const gate = gateFor(1, 5, 1);
    enter(gate, 'read');
    const late = enter(gate, 'write');
    await late.entered;
    expect([late.outcome, gate.waiting, shed]).toEqual(['refused', 0, ['write']]);
  });

  it('forgets who goes away while waiting, and does not call that a refusal', () => {
    const gate = gateFor(1, 5);
    const first = enter(gate, 'read');
    const gone = enter(gate, 'read');
    gone.close();
    expect([gate.running, gate.waiting, shed]).toEqual([1, 0, []]);
    first.close();
    expect(gate.running).toBe(0);
  });

  it('keeps the place of a handler that is at work for a client that has gone', async () => {
    const gate = gateFor(1, 5);
    const request = enter(gate, 'read');
    await request.entered;
    request.place.hold();
    request.close();
    const next = enter(gate, 'read');
    expect(await outcomes([next])).toEqual(['waits']);
    request.place.release();
    expect(await outcomes([next])).toEqual(['in']);
  });

  it('counts a handler that begins when its client has gone', async () => {
    const gate = gateFor(1, 5);
    const request = enter(gate, 'read');
    await request.entered;
    request.close();
    request.place.hold();
    expect(gate.running).toBe(1);
    request.place.release();
    expect(gate.running).toBe(0);
  });

  describe('of a server for which clients wait to be accepted', () => {
    /** Turns of the event loop that each accept one; answers how many requests were inside after each of them. */
    const turns = async (count: number, server: EventEmitter, gate: LoadGate) => {
      const running: number[] = [];
      for (let turn = 0; turn < count; turn++) {
        server.emit('connection');
        await soon();
        running.push(gate.running);
      }
      return running;
    };

    it('accepts several of them for each request that begins', async () => {
      const [gate, server] = [gateFor(8, 3), new EventEmitter()];
      gate.watch(server);
      await turns(10, server, gate);
      const requests = Array.from({ length: 12 }, () => enter(gate, 'read'));
      expect([gate.running, gate.waiting, shed.length]).toEqual([1, 10, 1]);
      const running = await turns(30, server, gate);
      expect(running.at(-1)).toBe(8);
      for (let inside = 2; inside < 8; inside++) expect(running.filter((count) => count === inside)).toHaveLength(4);
      expect((await outcomes(requests)).filter((outcome) => outcome === 'refused')).toHaveLength(1);
    });

    it('goes on with everything once none waits any longer', async () => {
      const [gate, server] = [gateFor(100, 0), new EventEmitter()];
      gate.watch(server);
      await turns(10, server, gate);
      const requests = Array.from({ length: 50 }, () => enter(gate, 'write'));
      expect([gate.running, gate.waiting]).toEqual([1, 49]);
      expect(new Set(await outcomes(requests))).toEqual(new Set(['in']));
      expect(shed).toEqual([]);
    });

    it('does not mind connections that come now and then', async () => {
      const [gate, server] = [gateFor(100, 0), new EventEmitter()];
      gate.watch(server);
      for (let n = 0; n < 10; n++) {
        await turns(2, server, gate);
        const request = enter(gate, 'read');
        expect(await outcomes([request])).toEqual(['in']);
        await soon();
      }
    });
  });

  it('lets everybody in where there is no bound', async () => {
    const gate = gateFor(0, 0);
    const many = Array.from({ length: 100 }, () => enter(gate, 'bulk'));
    expect(new Set(await outcomes(many))).toEqual(new Set(['in']));
  });
});
