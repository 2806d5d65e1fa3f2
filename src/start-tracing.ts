import { diag, DiagLogLevel } from '@opentelemetry/api';
import { Logger } from '@nestjs/common';
import type { Contexts } from './common/contexts.js';
import type { Env } from './config/env.js';

const LONGEST_FLUSH_MS = 5_000;

/** Whether spans are sent anywhere. */
export const isTraced = (env: Env): boolean =>
  !env.OTEL_SDK_DISABLED && !!(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT);

/** As OpenTelemetry writes them; from a file, its SDK would not read them itself. */
function headersOf({ OTEL_EXPORTER_OTLP_HEADERS: text = '' }: Env): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}

/**
 * Sends spans as OTLP over HTTP from now on, where the environment says whereto. How many, under which name and with
 * which headers is said by the other variables of OpenTelemetry, which its SDK reads. `contexts`: those of the
 * application. Answers what sends the last spans.
 */
export async function startTracing(env: Env, contexts: Contexts): Promise<() => Promise<void>> {
  if (!isTraced(env)) return () => Promise.resolve();
  const { NodeTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-node');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } =
    await import('@opentelemetry/resources');
  const logger = new Logger('Traces');
  const warn = (message: string) => logger.warn(message.slice(0, 500));
  const silent = () => undefined;
  diag.setLogger(
    { error: warn, warn, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'waldur-arrowsphere' }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ headers: headersOf(env) }))],
  });
  provider.register({ contextManager: contexts });
  return () => {
    const late = new Promise<void>((resolve) => setTimeout(resolve, LONGEST_FLUSH_MS).unref());
    return Promise.race([provider.shutdown().catch(silent), late]);
  };
}
