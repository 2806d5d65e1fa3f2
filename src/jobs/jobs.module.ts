import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { NamesOfPeople } from '../directory/users/names-of-people.js';
import { JobCleanupService } from './job-cleanup.service.js';
import { JobHandlers } from './job-handlers.js';
import { JobRun } from './job-run.entity.js';
import { JobRunner } from './job-runner.js';
import { JobSchedule } from './job-schedule.entity.js';
import { JobsMetrics } from './jobs.metrics.js';
import { JobsRepository } from './jobs.repository.js';
import { JobsService } from './jobs.service.js';

/** Work in the background: queue, schedule, and a row for every run. It knows no domain; features register what they do. */
@Module({
  imports: [DatabaseModule.forFeature([JobRun, JobSchedule]), DirectoryModule],
  providers: [JobCleanupService, JobHandlers, JobsMetrics, JobsRepository, JobRunner, JobsService],
  exports: [JobHandlers, JobsService],
})
export class JobsModule {
  constructor(people: NamesOfPeople, jobs: JobsService) {
    people.standIn(JobRun, 'requestedBy');
    people.onErasure(async ({ username }, manager) => {
      await jobs.assertNoneUnderWayOf(username, manager);
      return {};
    });
  }
}
