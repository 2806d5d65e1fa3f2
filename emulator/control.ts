import { checkRule, type FaultPlan, type FaultRule } from './faults.js';
import type { ApiReply } from './http.js';

/** What of an emulator can be seen and switched from another process. */
export interface Controlled {
  readonly faults: FaultPlan;
  readonly requests: readonly object[];
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly connections: number;
  latencyMs: number;
  resetCounters(): void;
}

/** `/__emulator/…`: the emulator's own switches, for those who sit in another process. No key is needed. */
export function controlReply(emulator: Controlled, method: string, path: string, body: unknown): ApiReply {
  const [, , subject, id] = path.split('/');
  switch (`${method} ${subject}`) {
    case 'GET faults':
      return { status: 200, body: emulator.faults.rules.map(onTheWire) };
    case 'POST faults':
      return addFaults(emulator, body);
    case 'DELETE faults':
      if (!id) emulator.faults.clear();
      else if (!emulator.faults.remove(Number(id))) return { status: 404, body: { error: `No rule ${id}` } };
      return { status: 204, body: undefined };
    case 'GET requests':
      return { status: 200, body: emulator.requests };
    case 'DELETE requests':
      emulator.resetCounters();
      return { status: 204, body: undefined };
    case 'GET counters': {
      const { inFlight, maxInFlight, connections, latencyMs } = emulator;
      return { status: 200, body: { inFlight, maxInFlight, connections, latencyMs } };
    }
    case 'PUT latency': {
      const { ms } = (body ?? {}) as { ms?: unknown };
      if (typeof ms !== 'number' || !(ms >= 0)) return { status: 400, body: { error: 'Send {"ms": number}' } };
      emulator.latencyMs = ms;
      return { status: 200, body: { ms } };
    }
    default:
      return { status: 404, body: { error: `No ${method} ${path}` } };
  }
}

function onTheWire({ id, rule, met, happened }: FaultPlan['rules'][number]) {
  return { id, rule: { ...rule, path: rule.path instanceof RegExp ? rule.path.source : rule.path }, met, happened };
}

function addFaults(emulator: Controlled, body: unknown): ApiReply {
  try {
    const rules: unknown[] = Array.isArray(body) ? body : [body];
    // All or none.
    for (const rule of rules) checkRule(rule);
    return { status: 201, body: rules.map((rule) => ({ id: emulator.faults.add(rule as FaultRule) })) };
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}
