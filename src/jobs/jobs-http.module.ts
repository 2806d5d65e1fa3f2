import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { JobsController } from './jobs.controller.js';
import { JobsModule } from './jobs.module.js';

/** Jobs over HTTP: `/api/admin/arrow/jobs/`. */
@Module({
  imports: [JobsModule, AccessModule],
  controllers: [JobsController],
})
export class JobsHttpModule {}
