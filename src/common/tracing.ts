import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BoundedMap } from './bounded-map.js';

const tracer = trace.getTracer('waldur-arrowsphere');

/** A span below the one that is active. Nothing is recorded, and next to nothing done, where no traces are collected. */
export const startSpan = (name: string, attributes: Attributes, kind: SpanKind = SpanKind.INTERNAL): Span =>
  tracer.startSpan(name, { attributes, kind });

/** Ends a span of work that failed. The message stays out: it may quote what was sent. */
export function endFailed(span: Span, error: unknown): void {
  const { code } = error as { code?: unknown };
  const type = typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Does `work` within a span of its own. */
export function traced<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const span = startSpan(name, attributes);
  return endedWith(span, withinSpan(span, work));
}

/** Ends a span with what it is of. */
function endedWith<T>(span: Span, work: Promise<T>): Promise<T> {
  return work.then(
    (answer) => {
      span.end();
      return answer;
    },
    (error: unknown) => {
      endFailed(span, error);
      throw error;
    },
  );
}

/** What `work` starts stands below this span. */
export const withinSpan = <T>(span: Span, work: () => T): T =>
  context.with(trace.setSpan(context.active(), span), work);

const LONGEST_STATEMENT = 1_000;
/** Beyond that, the columns of a SELECT say less of it than what they hide. */
const LONGEST_COLUMNS = 100;

/** So many statements, up to such a length, are described once: most are sent again and again. */
const MOST_KEPT = 200;
const LONGEST_KEPT = 5_000;

interface Description {
  readonly command: string;
  readonly attributes: Attributes;
}

const descriptions = new BoundedMap<string, Description>(MOST_KEPT);

/** One statement, where what it is part of is being recorded: its text, never its parameters. */
export function tracedStatement<T>(text: string, run: () => Promise<T>): Promise<T> {
  if (!trace.getActiveSpan()?.isRecording()) return run();
  const { command, attributes } = descriptions.get(text) ?? describe(text);
  return endedWith(startSpan(command, attributes), run());
}

function describe(text: string): Description {
  const command = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'statement';
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': shortened(text, command) };
  const description = { command, attributes };
  if (text.length <= LONGEST_KEPT) descriptions.set(text, description);
  return description;
}

/** Without `…`: one character that is not Latin makes all of what is sent to a collector twice as long in memory. */
function shortened(text: string, command: string): string {
  const from = command === 'SELECT' ? text.indexOf(' FROM ') : -1;
  const told = from > LONGEST_COLUMNS ? `${command} ...${text.slice(from)}` : text;
  return told.slice(0, LONGEST_STATEMENT);
}
