import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { MovesController } from './moves.controller.js';
import { MovesModule } from './moves.module.js';

/** Moving the directory over HTTP: `/api/admin/arrow/directory/moves/`. */
@Module({ imports: [MovesModule, AccessModule], controllers: [MovesController] })
export class MovesHttpModule {}
