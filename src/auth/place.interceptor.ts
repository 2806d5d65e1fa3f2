import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';
import type { GuardedRequest } from './access.js';

/** A handler at work takes the place of its request in what the process does at once, also when the client has gone. */
@Injectable()
export class PlaceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const { place } = context.switchToHttp().getRequest<GuardedRequest>();
    if (!place) return next.handle();
    place.hold();
    return next.handle().pipe(finalize(() => place.release()));
  }
}
