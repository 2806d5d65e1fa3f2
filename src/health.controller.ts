import { setTimeout as sleep } from 'node:timers/promises';
import { Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from './auth/access.js';
import { ApiController } from './auth/api-controller.js';
import { ServedFirst } from './auth/priority.js';
import {
  databaseFault,
  DatabaseFullError,
  DatabaseReadOnlyError,
  DatabaseUnavailableError,
} from './common/database-fault.js';
import { isSchemaOfOurs } from './database/migrate.js';
import { isFull, isReadOnly } from './database/room.js';

/** A server that takes connections and says nothing is not ready either. */
const LONGEST_MS = 5_000;

class HealthResponse {
  @ApiProperty({ example: 'ok' }) status: string;
}

@ApiTags('Health')
@ApiController('health')
@Public()
@ServedFirst()
export class HealthController {
  /** Being asked of the database: nobody is refused here, so however many ask, there is one question at a time. */
  private asking?: Promise<string | undefined>;

  constructor(private readonly dataSource: DataSource) {}

  @Get('live')
  @HttpCode(200)
  @ApiOperation({ operationId: 'health_live', summary: 'The process answers' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiBadRequestResponse({ description: 'Not HTTP as it can be read' })
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @HttpCode(200)
  @ApiOperation({ operationId: 'health_ready', summary: 'The database answers, takes changes and has been migrated' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiBadRequestResponse({ description: 'Not HTTP as it can be read' })
  @ApiServiceUnavailableResponse({ description: 'Not yet, or not any more; `detail` says why' })
  async ready(): Promise<HealthResponse> {
    const why = await (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
    if (why) throw new ServiceUnavailableException(why);
    return { status: 'ok' };
  }

  private ask(): Promise<string | undefined> {
    const late = sleep(LONGEST_MS, true, { ref: false });
    return Promise.race([this.whyNot().catch(sentenceFor), late.then(() => sentenceFor(undefined))]);
  }

  private async whyNot(): Promise<string | undefined> {
    if (isFull(this.dataSource)) return new DatabaseFullError().message;
    if (await isReadOnly(this.dataSource)) return new DatabaseReadOnlyError().message;
    return (await isSchemaOfOurs(this.dataSource.manager)) ? undefined : 'The migrations of the database have not run.';
  }
}

const sentenceFor = (error: unknown): string => (databaseFault(error) ?? new DatabaseUnavailableError()).message;
