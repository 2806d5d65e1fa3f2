import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Env } from './config/env.js';

/** Clients that the operating system keeps until they are accepted, where it is not set to fewer. */
const MOST_TO_ACCEPT = 4096;

/** There is no listening at HOST and PORT; the sentence says what to do. */
export class ListenError extends Error {
  /** `prefix`: of the variables that say where. */
  constructor({ HOST, PORT }: Pick<Env, 'HOST' | 'PORT'>, { code, message }: NodeJS.ErrnoException, prefix = '') {
    super(
      code === 'EADDRINUSE'
        ? `Another process listens on ${HOST}:${PORT} already: stop it, or set ${prefix}PORT.`
        : `Cannot listen on ${HOST}:${PORT}, set ${prefix}HOST and ${prefix}PORT to what this machine has: ${message}`,
    );
    this.name = 'ListenError';
  }
}

/** Opens the service at HOST and PORT and answers its address, without a last slash. Throws {@link ListenError}. */
export async function listen(app: NestFastifyApplication, env: Pick<Env, 'HOST' | 'PORT'>): Promise<string> {
  // What goes wrong at start otherwise would be blamed on HOST and PORT.
  await app.init();
  try {
    await app.listen({ port: env.PORT, host: env.HOST, backlog: MOST_TO_ACCEPT });
  } catch (error) {
    throw new ListenError(env, error as NodeJS.ErrnoException);
  }
  return (await app.getUrl()).replace(/\/$/, '');
}
