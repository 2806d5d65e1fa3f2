import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { WaldurGatewayModule } from '../waldur-gateway/waldur-gateway.module.js';
import { WaldurMark } from './waldur-mark.entity.js';
import { WaldurMarksRepository } from './waldur-marks.repository.js';
import { WaldurMirrorMetrics } from './waldur-mirror.metrics.js';
import { WaldurMirrorService } from './waldur-mirror.service.js';

/** The directory as a copy of Waldur's. Without `WALDUR_URL` it does nothing. */
@Module({
  imports: [DatabaseModule.forFeature([WaldurMark]), DirectoryModule, JobsModule, WaldurGatewayModule],
  providers: [WaldurMarksRepository, WaldurMirrorService, WaldurMirrorMetrics],
  exports: [WaldurMirrorService],
})
export class WaldurMirrorModule {}
