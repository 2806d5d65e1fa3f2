import { Module } from '@nestjs/common';
import { AccessModule } from '../directory/users/access.module.js';
import { WaldurMirrorController } from './waldur-mirror.controller.js';
import { WaldurMirrorModule } from './waldur-mirror.module.js';

/** The copy of Waldur over HTTP: `/api/admin/arrow/directory/`. */
@Module({ imports: [WaldurMirrorModule, AccessModule], controllers: [WaldurMirrorController] })
export class WaldurMirrorHttpModule {}
