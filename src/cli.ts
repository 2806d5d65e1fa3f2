#!/usr/bin/env node
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { QUIET, runCommand } from './run-command.js';

Logger.overrideLogger(QUIET);
process.exitCode = await runCommand(process.argv.slice(2), {
  print: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
});
