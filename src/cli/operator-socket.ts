import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { json } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import { answerTo } from '../common/app-error.filter.js';
import { AppError, appError } from '../common/app.error.js';

/** What an operation takes; its names are those of the options on the command line. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Does what a command asks for: answers JSON, or bytes. */
export type Operate = (name: string, args: Arguments) => unknown;

/** What the service said of a command that it refused. */
export class RefusedByServiceError extends AppError {
  readonly kind = 'conflict';
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** The folder is another user's. */
export class NotItsUserError extends appError(
  'conflict',
  'wrong_user',
  (dataDir: string) => `Only its own user and root may use ${dataDir}: run this as one of them.`,
) {}

/** The service ended in the middle of a command, or could not do it for a reason that its log says. */
export class NoAnswerError extends appError(
  'conflict',
  'no_answer',
  'The service broke off before it had answered: its log says why. Look whether it was done before you try again.',
) {}

/** The longest name of a socket that every system takes, in bytes. */
const LONGEST_NAME = 103;

/** Where the process that serves an embedded database hears commands: whoever may read the folder may give them. */
function socketOf(dataDir: string): string {
  const path = resolve(dataDir, 'operator.sock');
  const near = relative(process.cwd(), path);
  return near.length < path.length ? near : path;
}

/**
 * Hears commands for an embedded database, which nobody but this process can use, until the returned function is
 * called. Where that cannot be, a warning says so, and commands find the database in use.
 */
export async function hearCommands(dataDir: string, operate: Operate): Promise<() => void> {
  const path = socketOf(dataDir);
  const logger = new Logger('Operator');
  const warn = (why: string) => logger.warn(`No command line while this process serves: ${why}`);
  if (Buffer.byteLength(path) > LONGEST_NAME) {
    warn(`the name ${join(dataDir, 'operator.sock')} is too long for a socket.`);
    return () => undefined;
  }
  const server = createServer((asked, answer) => {
    void reply(asked, answer, operate).catch((error: unknown) => {
      if (isOfReader(error)) return logger.warn(`Who asked for ${asked.url} did not take all of the answer.`);
      logger.error(`The command ${asked.url} failed`, (error as Error).stack);
      answer.destroy();
    });
  });
  // Of a process that is gone: this one has the lock of the folder.
  rmSync(path, { force: true });
  await new Promise<void>((listening) => {
    server.once('error', (error) => (warn(error.message), listening()));
    server.listen(path, () => (chmodSync(path, 0o600), listening()));
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/**
 * Gives a command to the process that serves the database of `dataDir`; `undefined` where none does. Throws
 * {@link RefusedByServiceError}, {@link NotItsUserError}, {@link NoAnswerError}; what reading bytes throws {@link brokenOff} explains.
 */
export async function askService(dataDir: string, name: string, args: Arguments): Promise<unknown> {
  const answer = await new Promise<IncomingMessage | undefined>((resolve, reject) => {
    const asking = request({ socketPath: socketOf(dataDir), method: 'POST', path: `/${encodeURIComponent(name)}` });
    asking.once('response', resolve);
    asking.once('error', (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ENOTDIR', 'ECONNREFUSED'].includes(error.code ?? '')) resolve(undefined);
      else reject(error.code === 'EACCES' ? new NotItsUserError(dataDir) : brokenOff(error));
    });
    asking.end(JSON.stringify(args));
  });
  if (!answer) return undefined;
  if (answer.headers['content-type'] === BYTES) return answer;
  const body = await json(answer).catch((error: Error) => {
    throw brokenOff(error);
  });
  if (answer.statusCode === 200) return body;
  const { message, code } = body as { message: string; code: string };
  throw new RefusedByServiceError(message, code);
}

const BYTES = 'application/octet-stream';

/** What became of a command whose answer did not come, or not all of it. */
export function brokenOff(error: NodeJS.ErrnoException): Error {
  return error.code === 'ECONNRESET' ? new NoAnswerError() : error;
}

async function reply(asked: IncomingMessage, answer: ServerResponse, operate: Operate): Promise<void> {
  try {
    const args = (await json(asked)) as Arguments;
    const result = await operate(decodeURIComponent((asked.url ?? '').slice(1)), args);
    if (!isBytes(result)) return sendJson(answer, 200, result);
    // What is refused is refused before the first byte.
    const bytes = result[Symbol.asyncIterator]();
    const first = await bytes.next();
    answer.writeHead(200, { 'Content-Type': BYTES });
    await pipeline(Readable.from(startingWith(first, bytes)), answer);
  } catch (error) {
    const known = answerTo(error);
    if (!known || answer.headersSent) throw error;
    sendJson(answer, known.status, { message: sentenceOf(error), code: error instanceof AppError ? error.code : '' });
  }
}

/** What whoever writes the answer to a file is told already. */
const isOfReader = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';

function sendJson(answer: ServerResponse, status: number, body: unknown): void {
  answer.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

export function isBytes(result: unknown): result is AsyncGenerator<Buffer> {
  return typeof (result as AsyncIterable<Buffer> | undefined)?.[Symbol.asyncIterator] === 'function';
}

async function* startingWith(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return(undefined);
  }
}

/** An error in one sentence, wrong fields with what is wrong about them. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AppError && error.fields)
    return Object.entries(error.fields)
      .map(
        ([field, faults]) =>
          `${field}: ${Array.isArray(faults) ? faults.map(String).join(' ') : JSON.stringify(faults)}`,
      )
      .join(' ');
  return (error as Error).message;
}
