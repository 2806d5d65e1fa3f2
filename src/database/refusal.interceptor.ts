import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { catchError, type Observable } from 'rxjs';
import { type AppError, InvalidFieldsError } from '../common/app.error.js';
import type { HttpRequest } from '../common/http.js';
import { RequestError } from '../common/http-errors.js';
import { RefusedRequestError } from '../common/validation/validation.pipe.js';
import { RelatedObjects, RelatedObjectsMissingError } from './related-objects.js';

const EXISTING = 'existing-object';

/** What is thrown before a service has looked for the object at the address. */
const BEFORE_THE_OBJECT = [RefusedRequestError, RelatedObjectsMissingError, RequestError];

interface Existing {
  readonly entity: () => Type<object>;
  readonly missing: new () => AppError;
}

/** On a controller whose routes have `{uuid}`: what that is, and the error when it is not there. */
export const Existing = (entity: Existing['entity'], missing: Existing['missing']) =>
  SetMetadata(EXISTING, { entity, missing });

/**
 * Tells a refused request what Waldur would have told it: that the object at the address is not there, before anything
 * about the body; and with the wrong fields also those that name objects that are not there. Only what is refused
 * before its service has read those rows is looked up here: any other request meets the same errors there.
 */
@Injectable()
export class RefusalInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly related: RelatedObjects,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        throw await this.explain(context, error);
      }),
    );
  }

  private async explain(context: ExecutionContext, error: unknown): Promise<unknown> {
    if (!BEFORE_THE_OBJECT.some((kind) => error instanceof kind)) return error;
    const existing = this.reflector.get<Existing | undefined>(EXISTING, context.getClass());
    const { params, method } = context.switchToHttp().getRequest<HttpRequest & { params: { uuid?: string } }>();
    const namesOne = existing && 'uuid' in params && ['POST', 'PUT', 'PATCH'].includes(method);
    if (namesOne && !(await this.related.exists(existing.entity(), params.uuid))) return new existing.missing();
    if (!(error instanceof RefusedRequestError)) return error;
    const missing = await this.related.missing(error.dto, error.value);
    return new InvalidFieldsError({ ...error.fields, ...missing });
  }
}
