#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { runCommand } from './run-command.js';

// Whoever has read enough closes its end (`| head`), which is no failure.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  process.stderr.write(`The output cannot be written: ${message}\n`);
  process.exitCode = 1;
});
process.stderr.on('error', () => undefined);
Logger.overrideLogger(['error', 'fatal']);
void runCommand(process.argv.slice(2), {
  print: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
}).then((code) => (process.exitCode ||= code));
