import { type CanActivate, type ExecutionContext, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import type { AppError } from '../common/app.error.js';
import { parseUuid } from '../common/uuid.js';

const EXISTING = 'existing-object';

interface Existing {
  readonly entity: () => Type<object>;
  readonly missing: new () => AppError;
}

/** On a controller whose routes have `{uuid}`: what that is, and the error when it is not there. */
export const Existing = (entity: Existing['entity'], missing: Existing['missing']) =>
  SetMetadata(EXISTING, { entity, missing });

/**
 * Answers 404 for an object that is not there before the body is looked at: Waldur's order of checks. Requests without
 * a body meet the same error in the service.
 */
@Injectable()
export class ExistingObjectGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly dataSource: DataSource,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const existing = this.reflector.get<Existing | undefined>(EXISTING, context.getClass());
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { uuid?: string } }>>();
    if (!existing || !('uuid' in request.params) || !['POST', 'PUT', 'PATCH'].includes(request.method)) return true;
    const uuid = parseUuid(request.params.uuid);
    const found = uuid && (await this.dataSource.getRepository(existing.entity()).existsBy({ uuid }));
    if (!found) throw new existing.missing();
    return true;
  }
}
