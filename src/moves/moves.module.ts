import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { NamesOfPeople } from '../directory/users/names-of-people.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { WaldurMirrorModule } from '../waldur-mirror/waldur-mirror.module.js';
import { DirectoryMove } from './move.entity.js';
import { MovesRepository } from './moves.repository.js';
import { MovesService } from './moves.service.js';

/** The directory becomes Waldur's, or ours again, with everything that refers to it. */
@Module({
  imports: [
    DatabaseModule.forFeature([DirectoryMove]),
    DirectoryModule,
    JobsModule,
    WaldurMirrorModule,
    LicensesModule,
  ],
  providers: [MovesRepository, MovesService],
  exports: [MovesService],
})
export class MovesModule {
  constructor(people: NamesOfPeople) {
    people.standIn(DirectoryMove, 'requestedBy');
  }
}
