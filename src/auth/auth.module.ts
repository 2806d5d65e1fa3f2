import { Global, Module } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';

/** Who is calling and what they may. The users themselves are kept by whoever provides {@link Authenticator}. */
@Global()
@Module({ providers: [AccessGuard], exports: [AccessGuard] })
export class AuthModule {}
