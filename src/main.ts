import 'reflect-metadata';
import { InvalidEnvironmentError, readEnv } from './config/env.js';
import { createApp } from './configure-app.js';
import { DataDirInUseError } from './database/data-dir.lock.js';

try {
  const env = readEnv();
  const app = await createApp(env);
  await app.listen(env.PORT, env.HOST);
  const stop = () =>
    void app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`Listening on ${await app.getUrl()} – Swagger UI at ${await app.getUrl()}/docs\n`);
} catch (error) {
  const known = error instanceof InvalidEnvironmentError || error instanceof DataDirInUseError;
  process.stderr.write(`${known ? error.message : String((error as Error)?.stack ?? error)}\n`);
  process.exit(1);
}
