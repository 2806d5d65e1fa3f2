import { Module } from '@nestjs/common';
import { DirectoryModule } from '../directory.module.js';
import { BootstrapStaffService } from './bootstrap-staff.service.js';

/**
 * Who may call over HTTP: every module with an `@ApiController` imports it. Where there is none, nobody needs a token,
 * and none is made.
 */
@Module({ imports: [DirectoryModule], providers: [BootstrapStaffService], exports: [DirectoryModule] })
export class AccessModule {}
