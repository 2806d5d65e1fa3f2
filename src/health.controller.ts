import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from './auth/access.js';
import {
  databaseFault,
  DatabaseFullError,
  DatabaseReadOnlyError,
  DatabaseUnavailableError,
} from './common/database-fault.js';
import { Env } from './config/env.js';
import { isSchemaOfOurs } from './database/migrate.js';

/** A server that takes connections and says nothing is not ready either. */
const LONGEST_MS = 5_000;

/** The embedded database writes its log in files of 16 MB. */
const LEAST_ROOM_BYTES = 2 * 16_777_216;

class HealthResponse {
  @ApiProperty({ example: 'ok' }) status: string;
}

@ApiTags('Health')
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly env: Env,
  ) {}

  @Get('live')
  @HttpCode(200)
  @ApiOperation({ operationId: 'health_live', summary: 'The process answers' })
  @ApiOkResponse({ type: HealthResponse })
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @HttpCode(200)
  @ApiOperation({ operationId: 'health_ready', summary: 'The database answers, takes changes and has been migrated' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiServiceUnavailableResponse({ description: 'Not yet, or not any more; `detail` says why' })
  async ready(): Promise<HealthResponse> {
    const late = sleep(LONGEST_MS, true, { ref: false });
    const why = await Promise.race([this.whyNot().catch(sentenceFor), late.then(() => sentenceFor(undefined))]);
    if (why) throw new ServiceUnavailableException(why);
    return { status: 'ok' };
  }

  private async whyNot(): Promise<string | undefined> {
    const [{ read_only }] = await this.dataSource.query<[{ read_only: string }]>(
      `SELECT current_setting('transaction_read_only') AS read_only`,
    );
    if (read_only === 'on') return new DatabaseReadOnlyError().message;
    if (!(await isSchemaOfOurs(this.dataSource.manager))) return 'The migrations of the database have not run.';
    if (this.env.DATABASE_URL) return undefined;
    const { bavail, bsize } = await statfs(this.env.DATA_DIR);
    return bavail * bsize < LEAST_ROOM_BYTES ? new DatabaseFullError().message : undefined;
  }
}

const sentenceFor = (error: unknown): string => (databaseFault(error) ?? new DatabaseUnavailableError()).message;
