import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DirectoryModule } from '../directory.module.js';
import { BootstrapStaffService } from './bootstrap-staff.service.js';

/**
 * Who may call over HTTP: every module with an `@ApiController` imports it. Where there is none, nobody needs a token,
 * and none is made.
 */
@Module({ imports: [DirectoryModule], providers: [BootstrapStaffService], exports: [DirectoryModule] })
export class AccessModule implements OnModuleInit {
  constructor(private readonly server: HttpAdapterHost) {}

  /** Whoever mounts our routes on a server that does not find them as Waldur's clients write them is told. */
  onModuleInit(): void {
    const { httpAdapter } = this.server;
    if (httpAdapter?.getType() !== 'fastify') return;
    const { ignoreTrailingSlash, routerOptions } = httpAdapter.getInstance<FastifyInstance>().initialConfig;
    if (ignoreTrailingSlash || routerOptions?.ignoreTrailingSlash) return;
    new Logger(AccessModule.name).warn(
      'Waldur ends its paths with a slash, and here those are not found: make the FastifyAdapter with routerOptions: { ignoreTrailingSlash: true }.',
    );
  }
}
