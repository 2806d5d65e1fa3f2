import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { AuditInterceptor } from '../audit/audit.interceptor.js';
import { AnswerInterceptor } from '../common/answer.interceptor.js';
import { AppErrorFilter } from '../common/app-error.filter.js';
import { ValidationPipe } from '../common/validation/validation.pipe.js';
import { RefusalInterceptor } from '../database/refusal.interceptor.js';
import { AccessGuard } from './access.guard.js';
import { PlaceInterceptor } from './place.interceptor.js';

const aroundEveryRoute = applyDecorators(
  UseGuards(AccessGuard),
  UseInterceptors(PlaceInterceptor, AnswerInterceptor, AuditInterceptor, RefusalInterceptor),
  UsePipes(ValidationPipe),
  UseFilters(AppErrorFilter),
);

/**
 * A controller as all of ours are: closed unless its routes state who may use them (`@StaffOnly()`, `@AnyUser()`, …),
 * with our reading of requests and wording of answers and errors, in whatever application its module is mounted. The
 * module imports one that provides `Authenticator`; without it the application does not start.
 */
export const ApiController =
  (path: string): ClassDecorator =>
  (controller) => {
    Controller(path)(controller);
    const guards = (Reflect.getMetadata(GUARDS_METADATA, controller) ?? []) as unknown[];
    // One that extends another of ours has it all from there.
    if (!guards.includes(AccessGuard)) aroundEveryRoute(controller);
  };
