import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import { type Act, Acts } from '../common/acts.js';
import { AuditTrail } from './audit-trail.js';

/** Runs a handler as the act that the guard made of its request, and sees to it that what is done has its event. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly acts: Acts,
    private readonly trail: AuditTrail,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const { act } = context.switchToHttp().getRequest<{ act?: Act }>();
    if (!act) return next.handle();
    return this.acts
      .run(act, () => next.handle())
      .pipe(
        mergeMap(async (answer) => {
          await this.trail.complete(act);
          return answer;
        }),
      );
  }
}
