import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { AnswerInterceptor } from '../common/answer.interceptor.js';
import { AppErrorFilter } from '../common/app-error.filter.js';
import { ValidationPipe } from '../common/validation/validation.pipe.js';
import { RefusalInterceptor } from '../database/refusal.interceptor.js';
import { AccessGuard } from './access.guard.js';

/**
 * A controller as all of ours are: closed unless its routes state who may use them (`@StaffOnly()`, `@AnyUser()`, …),
 * with our reading of requests and wording of answers and errors, in whatever application its module is mounted. The
 * module imports one that provides `Authenticator`; without it the application does not start.
 */
export const ApiController = (path: string): ClassDecorator =>
  applyDecorators(
    Controller(path),
    UseGuards(AccessGuard),
    UseInterceptors(AnswerInterceptor, RefusalInterceptor),
    UsePipes(ValidationPipe),
    UseFilters(AppErrorFilter),
  );
